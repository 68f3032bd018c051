import Postgres

/// The statements that keep a table's rejects in `pgtide.rejects`.
struct RejectSQL: Sendable {
  let table: TablePlan
  let run: RunIdentity

  static let rejects = QualifiedName(StageTable.schema, "rejects")

  /// Copies the rejected rows out of the stage, with their key, the reason, and the column that it is about.
  var keep: SQL {
    """
    INSERT INTO \(Self.rejects) (run_id, table_name, row_key, reason, column_name, message, row_data)
    SELECT \(bind: run.id)::bigint, \(bind: table.label)::pg_catalog.text,
      \(object(table.key.columns.compactMap(\.staged))),
      e.reason, COALESCE(d.subject, e.column_name), COALESCE(d.message, e.message)\(remark), \(row)
    FROM \(table.stage.delta) d
    JOIN \(table.stage.stage) s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
    JOIN (VALUES
      \(explanations.map(\.values).joined(separator: ",\n  "))
    ) AS e (verdict, reason, column_name, message) ON e.verdict OPERATOR(pg_catalog.=) d.verdict
    """
  }

  /// The row as JSON. Of one in its short form, only the columns that it has.
  private var row: SQL {
    let whole = object(table.stage.columns.filter { $0.name != DuplicatePlan.orderColumn })
    guard let cache = table.keyCache else { return whole }
    let short = object(cache.deciding.map { table.stage.columns[$0] })
    return "CASE WHEN s.\(StageTable.heldColumn) IS NULL THEN \(whole) ELSE \(short) END"
  }

  private var remark: SQL {
    guard table.keyCache != nil else { return "" }
    let text = "; the row was held back, so its other columns are on the source only"
    return " OPERATOR(pg_catalog.||) CASE WHEN s.\(StageTable.heldColumn) IS NULL THEN '' ELSE \(literal: text) END"
  }

  var forget: SQL {
    """
    DELETE FROM \(Self.rejects)
    WHERE run_id OPERATOR(pg_catalog.=) \(bind: run.id)::bigint
      AND table_name OPERATOR(pg_catalog.=) \(bind: table.label)::pg_catalog.text
    """
  }

  // MARK: - What each verdict means

  private struct Explanation {
    let verdict: String
    let reason: RejectReason
    let column: String
    let message: String

    var values: SQL {
      "(\(literal: verdict), \(literal: reason.rawValue), \(literal: column), \(literal: message))"
    }
  }

  private var explanations: [Explanation] {
    let key = table.key.columns
    let duplicate = Explanation(
      verdict: Verdict.reject(.duplicateKey), reason: .duplicateKey, column: Self.names(key),
      message: "several source rows have this key")
    let nullKeys = key.map { column in
      Explanation(
        verdict: Verdict.reject(.nullKey, column.name.name), reason: .nullKey, column: column.name.name,
        message: "the key has no value")
    }
    let nullValues = table.columns.filter { $0.isNotNull && !$0.isKey }.map { column in
      Explanation(
        verdict: Verdict.reject(.nullValue, column.name.name), reason: .nullValue, column: column.name.name,
        message: "the target takes no NULL here")
    }
    let misfits = table.columns.filter { $0.fits != nil }.map { column in
      Explanation(
        verdict: Verdict.reject(.doesNotFit, column.name.name), reason: .doesNotFit, column: column.name.name,
        message: "the target's \(TypeName.short(column.type.text)) cannot hold the value as it is")
    }
    let orphans = table.references.map { reference in
      Explanation(
        verdict: Verdict.reject(.missingParent, reference.name), reason: .missingParent,
        column: Self.names(reference.columns),
        message: "no such row in \(reference.parent) (\(reference.isForeignKey ? "foreign key " : "")\(reference.name))"
      )
    }
    // Of these the target itself says more.
    let refusals = [RejectReason.refusedByTarget, .leftOut].map { reason in
      Explanation(verdict: Verdict.reject(reason), reason: reason, column: "", message: reason.rawValue)
    }
    return [duplicate] + nullKeys + nullValues + misfits + orphans + refusals
  }

  private static func names(_ columns: [ColumnPlan]) -> String {
    columns.map(\.name.name).joined(separator: ", ")
  }

  /// An object of the columns. In pieces of 40, because a function takes at most 100 arguments.
  private func object(_ columns: [StagedColumn]) -> SQL {
    guard !columns.isEmpty else { return "'{}'::pg_catalog.jsonb" }
    return stride(from: 0, to: columns.count, by: 40).map { start in
      let pairs = columns[start..<min(start + 40, columns.count)]
        .map { "\(literal: $0.name.name), \($0.asJSON)" as SQL }.joined(separator: ", ")
      return "pg_catalog.jsonb_build_object(\(pairs))"
    }.joined(separator: " OPERATOR(pg_catalog.||) ")
  }
}

extension StagedColumn {
  /// The value as JSON takes it. A `json` goes in as text: it may hold what `jsonb` refuses, such as `\u0000`.
  fileprivate var asJSON: SQL {
    ["json", "json[]"].contains(TypeName.short(type.text)) ? "s.\(name)::pg_catalog.text" : "s.\(name)"
  }
}
