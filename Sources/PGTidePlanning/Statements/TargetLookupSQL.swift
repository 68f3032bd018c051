import PostgresValues

/// The statement that fills in what staged rows get from other tables of the target.
///
/// It changes only rows that would get something else, so that a stage which is compared again is written once. Rows get
/// new places by it, so that it comes before all that knows rows by their places.
package struct TargetLookupSQL: Sendable {
  package let table: TablePlan
  /// Tables that are looked into and whose rows are not on the target yet, though they may go in.
  private let pending: [QualifiedName: TablePlan]
  /// Tables that are looked into and of which rows are about to go, when those that refer to them have landed.
  private let leaving: [QualifiedName: TablePlan]

  /// `nil` where nothing is looked up on the target.
  package init?(_ table: TablePlan, pending: [TablePlan] = [], leaving: [TablePlan] = []) {
    guard !table.targetLookups.isEmpty else { return nil }
    self.table = table
    let looked = Set(table.lookedUp)
    self.leaving = Dictionary(
      leaving.filter { looked.contains($0.target) }.map { ($0.target, $0) }, uniquingKeysWith: { first, _ in first })
    self.pending = Dictionary(
      pending.filter { looked.contains($0.target) }.map { ($0.target, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Some rows may get a value that only the run can tell.
  package var mayBePending: Bool { !pending.isEmpty }

  /// ``fill`` with what goes around it. However few rows the server expects, no table is searched again for each row.
  package var filling: [SQL] { [SessionPins.hashing.statement, fill, SessionPins.endOfHashing] }

  package var fill: SQL {
    let lookups = table.targetLookups
    let marker = StageTable.targetLookupColumn
    let names = lookups.map(\.column) + [marker]
    let values = lookups.map { "(\($0.value))::\($0.type) AS \($0.column)" as SQL } + ["\(verdict) AS \(marker)"]
    let joins = lookups.map { lookup in
      lookup.lookup.join(rows: rows(of: lookup), mayBePending: isPending(lookup))
    }
    func row(_ alias: SQL) -> SQL {
      "ROW(\(names.map { "\(alias).\($0)" as SQL }.joined(separator: ", ")))::pg_catalog.record"
    }
    return """
      UPDATE \(table.stage.stage) s SET \(names.map { "\($0) = looked.\($0)" as SQL }.joined(separator: ", "))
      FROM (
        SELECT src.ctid AS \(Self.row), \(values.joined(separator: ", "))
        FROM \(table.stage.stage) AS src\(joins.joined(separator: ""))
      ) AS looked
      WHERE s.ctid OPERATOR(pg_catalog.=) looked.\(Self.row)
        AND \(row("s")) OPERATOR(pg_catalog.*<>) \(row("looked"))
      """
  }

  private static let row = Identifier("pgtide row")

  /// Why a row is rejected, or that its value is not known yet.
  private var verdict: SQL {
    let failure = table.targetLookups.map(\.lookup).failure ?? "NULL"
    let waiting = table.targetLookups.filter(isPending).map(\.lookup.isPending)
    guard !waiting.isEmpty else { return failure }
    let isWaiting: SQL = waiting.joined(separator: " OR ")
    return "COALESCE(\(failure), CASE WHEN \(isWaiting) THEN \(literal: Verdict.pendingLookup) END)"
  }

  // MARK: - What is looked into

  private func isPending(_ lookup: TargetLookupPlan) -> Bool { lookup.tables.contains { pending[$0] != nil } }

  private func rows(of lookup: TargetLookupPlan) -> SQL {
    let target = lookup.lookup.relation.rows(isPartitioned: lookup.lookup.kind == .partitioned)
    let parents = lookup.tables.compactMap { pending[$0] }
    let leaving = lookup.tables.compactMap { self.leaving[$0] }.filter { $0.deletes != nil }.map(stays)
    guard !parents.isEmpty else {
      return leaving.isEmpty
        ? "\(target) AS l" : "(SELECT l.* FROM \(target) AS l WHERE \(leaving.joined(separator: " AND "))) AS l"
    }
    let standing = names(of: lookup).map { "l.\($0)" as SQL } + ["false", "NULL"]
    let conditions =
      parents.map {
        "NOT EXISTS (SELECT FROM \(changing($0)) AND \($0.key.matches(target: "l")))" as SQL
      } + leaving
    let stays = """
      SELECT \(standing.joined(separator: ", ")) FROM \(target) AS l WHERE \(conditions.joined(separator: " AND "))
      """ as SQL
    let columns = names(of: lookup) + [LookupPlan.pendingColumn, LookupPlan.imageColumn]
    let all = [stays] + parents.flatMap { [updated($0, lookup), inserted($0, lookup)] }
    return """
      (
            \(all.joined(separator: "\n      UNION ALL\n      "))
          ) AS l (\(columns.map { "\($0)" as SQL }.joined(separator: ", ")))
      """
  }

  private func names(of lookup: TargetLookupPlan) -> [Identifier] {
    var names = lookup.lookup.matches.map(\.column)
    if !names.contains(lookup.lookup.take) { names.append(lookup.lookup.take) }
    return names
  }

  /// The row `l` is not one that the source no longer has: whoever found that one would keep it from going.
  private func stays(_ parent: TablePlan) -> SQL {
    """
    NOT EXISTS (SELECT FROM \(parent.stage.delta) d
            WHERE d.verdict OPERATOR(pg_catalog.=) \(anyOf: [Verdict.delete, Verdict.deleting])
              AND d.place OPERATOR(pg_catalog.=) l.ctid AND d.part OPERATOR(pg_catalog.=) l.tableoid
              AND d.version OPERATOR(pg_catalog.=) l.xmin::pg_catalog.text)
    """
  }

  /// Staged rows `s` of a parent that are to be updated, up to a condition that goes on.
  private func changing(_ parent: TablePlan) -> SQL {
    """
    \(parent.stage.stage) s JOIN \(parent.stage.delta) d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
            WHERE d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.update)
    """
  }

  private func updated(_ parent: TablePlan, _ lookup: TargetLookupPlan) -> SQL {
    let values = names(of: lookup).map { name in
      cast(parent.setColumns.first { $0.name == name }?.value ?? "t.\(name)", lookup, name)
    }
    return """
      SELECT \((values + ["false", "NULL"]).joined(separator: ", "))
            FROM \(parent.stage.stage) s JOIN \(parent.stage.delta) d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
            JOIN \(parent.targetRows) t ON \(parent.key.matches(target: "t"))
            WHERE d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.update)
      """
  }

  /// What only the target makes of a row is not known before, but each such row gets another.
  private func inserted(_ parent: TablePlan, _ lookup: TargetLookupPlan) -> SQL {
    let planned = names(of: lookup).map { name in (name, parent.columns.first { $0.name == name }?.value) }
    let values = planned.map { name, value in cast(value ?? "NULL", lookup, name) }
    let isKnown = planned.contains { $0.0 == lookup.lookup.take && $0.1 != nil }
    let marks: [SQL] = isKnown ? ["false", "NULL"] : ["true", "pg_catalog.concat('pending ', s.ctid)"]
    return """
      SELECT \((values + marks).joined(separator: ", "))
            FROM \(parent.stage.stage) s JOIN \(parent.stage.delta) d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
            WHERE d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.insert)
      """
  }

  private func cast(_ value: SQL, _ lookup: TargetLookupPlan, _ name: Identifier) -> SQL {
    lookup.types[name].map { "(\(value))::\($0)" } ?? value
  }
}

extension Verdict {
  /// Of a staged row that has no verdict yet: a value that it gets from another table of the target is made in the run
  /// itself, and not known before. It stands where the verdict of a lookup that fails would.
  package static let pendingLookup = "pending_lookup"
}
