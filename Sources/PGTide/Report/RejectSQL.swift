import Postgres

/// The statements that keep a table's rejects in `pgtide.rejects`.
struct RejectSQL: Sendable {
  let table: TablePlan
  let run: RunIdentity

  static let rejects = QualifiedName(StageTable.schema, "rejects")

  /// Copies the rejected rows out of the stage, with their key and the reason.
  var keep: SQL {
    let names = table.stage.columns.filter { $0.name.name != "pgtide duplicate order" }
    // JSON built pair by pair: a row type's own conversion would show the helper columns too.
    let key = object(table.key.columns.compactMap(\.staged))
    return """
      INSERT INTO \(Self.rejects) (run_id, table_name, row_key, reason, subject, row_data)
      SELECT \(bind: run.id)::bigint, \(bind: table.label)::text, \(key),
        pg_catalog.split_part(d.verdict, ': ', 1),
        NULLIF(pg_catalog.substr(d.verdict, pg_catalog.length(pg_catalog.split_part(d.verdict, ': ', 1)) + 3), ''),
        \(object(names))
      FROM \(table.stage.delta) d JOIN \(table.stage.stage) s ON s.ctid = d.row_id
      WHERE d.verdict NOT IN (\(standing))
      """
  }

  var forget: SQL {
    """
    DELETE FROM \(Self.rejects)
    WHERE run_id = \(bind: run.id)::bigint AND table_name = \(bind: table.label)::text
    """
  }

  private var standing: SQL {
    [Verdict.insert, Verdict.update, Verdict.unchanged, Verdict.protected]
      .map { "\(literal: $0)" as SQL }.joined(separator: ", ")
  }

  /// An object of the columns. In pieces of 40, because a function takes at most 100 arguments.
  private func object(_ columns: [StagedColumn]) -> SQL {
    guard !columns.isEmpty else { return "'{}'::jsonb" }
    return stride(from: 0, to: columns.count, by: 40).map { start in
      let pairs = columns[start..<min(start + 40, columns.count)]
        .map { "\(literal: $0.name.name), s.\($0.name)" as SQL }.joined(separator: ", ")
      return "pg_catalog.jsonb_build_object(\(pairs))"
    }.joined(separator: " || ")
  }
}
