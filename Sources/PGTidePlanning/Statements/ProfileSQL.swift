import PostgresValues

/// The statements that measure on the source which rows of a table the comparison would reject, and why.
///
/// They give every row the verdict that ``DeltaSQL`` would give it, as far as that rests on the row, on other rows of the
/// source and on which parents the target has. Nothing is staged: what the stage would hold is a subquery.
package struct ProfileSQL: Sendable {
  package let table: TablePlan
  /// Tables that land before it, whose rows are parents.
  package let earlier: [QualifiedName: TablePlan]
  /// Keys that the source lacks and the target has.
  package let standing: StandingKeys

  /// Keys of parents as texts, a list for each column, by the table that refers to them and the reference.
  package struct StandingKeys: Sendable {
    package var keys: [QualifiedName: [Identifier: [[String]]]] = [:]

    package init() {}

    package func keys(of table: TablePlan, _ reference: ReferencePlan) -> [[String]] {
      keys[table.target]?[reference.name] ?? []
    }
  }

  package init(table: TablePlan, earlier: [QualifiedName: TablePlan], standing: StandingKeys) {
    self.table = table
    self.earlier = earlier
    self.standing = standing
  }

  private static let verdict = Identifier("pgtide verdict")
  private static let place = Identifier("pgtide place")

  /// What the server of the source cannot tell, or what only the run decides.
  package var unmeasured: [String] {
    let lookups = table.targetLookups.map { "lookups of column \($0.column) in \($0.lookup.relation) on the target" }
    let columns = table.columns.filter {
      $0.staged != nil && !isKnown($0) && $0.isMadeByTarget && !$0.isLookedUpOnTarget
    }
    .map { "values that do not fit column \($0.name), whose type is the target's own" }
    let references = table.references.filter { $0.isChecked && !isMeasured($0, of: table) }
      .map { "missing parents by \($0.name)" }
    return lookups + columns + references
  }

  /// References whose parents are looked for.
  package var references: [ReferencePlan] { table.references.filter { isMeasured($0, of: table) } }

  /// How many rows get which verdict; NULL: they go in, or stand there.
  package var counts: SQL {
    let name = Self.name(of: table)
    return """
      WITH \(expressions(for: [table]).joined(separator: ",\n"))
      SELECT v.\(Self.verdict), pg_catalog.count(*) FROM \(name) v GROUP BY v.\(Self.verdict)
      """
  }

  /// The keys to which rows refer and that no row of the source has which goes in: a line each, a text for each column.
  package func missingKeys(_ reference: ReferencePlan) -> SQL {
    let parents = parents(reference)
    let with: SQL =
      parents.isEmpty ? "" : "WITH \(expressions(for: parents).joined(separator: ",\n"))\n"
    let keys = reference.columns.map { "\(text($0))" as SQL }.joined(separator: ", ")
    return """
      \(with)SELECT DISTINCT \(keys)
      FROM (\(staged(table))) s
      WHERE \(lacksParent(reference, of: table, leavingOutStanding: true))
      """
  }

  /// Which of these keys the target's parents have, as their numbers from 1 on.
  package func standing(among keys: [[String]], _ reference: ReferencePlan) -> SQL {
    let columns = keys.indices.map { "k\($0 + 1)" as SQL }
    let arrays = keys.map { "pg_catalog.unnest(\(bind: arrayText($0))::pg_catalog.text[])" as SQL }
    let matches = zip(zip(reference.parentColumns, reference.equality), zip(columns, reference.columns)).map {
      "p.\($0.0) \($0.1) k.\($1.0)::\($1.1.type)" as SQL
    }
    return """
      SELECT pg_catalog.string_agg(k.number::pg_catalog.text, ',')
      FROM ROWS FROM (\(arrays.joined(separator: ", "))) WITH ORDINALITY
        AS k (\(columns.joined(separator: ", ")), number)
      WHERE EXISTS (SELECT FROM \(reference.parentRows) p WHERE \(matches.joined(separator: " AND ")))
      """
  }

  // MARK: - Tables

  /// These tables and those to which they refer, parents first.
  private func expressions(for tables: [TablePlan]) -> [SQL] {
    var done: Set<QualifiedName> = []
    var expressions: [SQL] = []
    func add(_ table: TablePlan) {
      guard done.insert(table.target).inserted else { return }
      for reference in table.references where isMeasured(reference, of: table) { parents(reference).forEach(add) }
      expressions.append("\(Self.name(of: table)) AS MATERIALIZED (\n  \(indented: judged(table), by: 2)\n)")
    }
    tables.forEach(add)
    return expressions
  }

  private static func name(of table: TablePlan) -> Identifier {
    // Two tables may have one name in two schemas, and a name has 63 bytes.
    Identifier("pgtide \(Fingerprint.of(table.target.quoted))")
  }

  /// What the stage would hold.
  private func staged(_ table: TablePlan) -> SQL {
    let columns = table.stage.columns.filter { $0.name != StageTable.unreadableColumn }
    let select = columns.map { "\($0.select) AS \($0.name)" as SQL }.joined(separator: ", ")
    let filter: SQL = table.source.filter.map { "\nWHERE (\($0))" } ?? ""
    return "SELECT \(select)\nFROM \(table.source.from)\(filter)"
  }

  /// Each row's verdict, with the values by which others may refer to it.
  private func judged(_ table: TablePlan) -> SQL {
    let used = usedColumns(table)
    let names = used.map { "s.\($0)" as SQL }
    let keys = table.key.columns.map { keyValue($0) }
    let conditions = table.key.columns.indices.compactMap { place in
      table.key.takesNull(at: place) ? table.key.columns[place].fits : "(\(keys[place])) IS NOT NULL"
    }
    let isMeasured = !table.key.columns.contains(where: \.isLookedUpOnTarget)
    let present: SQL =
      !isMeasured ? "false" : conditions.isEmpty ? "true" : "(\(conditions.joined(separator: " AND ")))"
    let group = ([present] + keys).joined(separator: ", ")
    let place: SQL =
      switch table.duplicates {
      case _ where table.key.pairing != nil: "1"
      case .rejectAll: "pg_catalog.count(*) OVER (PARTITION BY \(group))"
      case .keep(let order, let descending):
        """
        pg_catalog.row_number() OVER (PARTITION BY \(group) ORDER BY s.\(order.name) \
        \(descending ? "DESC" : "ASC") NULLS LAST, ROW(s.*)::pg_catalog.text)
        """
      }
    let values = table.columns.filter { isKnown($0) }.map { "\($0.guardedValue) AS \($0.name)" as SQL }
    return """
      SELECT \((values + ["CASE\n    \(verdicts(table))\n  END AS \(Self.verdict)"]).joined(separator: ", "))
      FROM (
        SELECT \(names.joined(separator: ", ")), CASE WHEN \(present) THEN \(place) END AS \(Self.place)
        FROM (
          \(indented: staged(table), by: 4)
        ) s
      ) s
      """
  }

  private func usedColumns(_ table: TablePlan) -> [Identifier] {
    table.stage.columns.map(\.name).filter { $0 != StageTable.unreadableColumn }
  }

  /// The first that fits, in the order of ``DeltaSQL``.
  private func verdicts(_ table: TablePlan) -> SQL {
    var cases: [SQL] = [
      "WHEN s.\(Self.place) OPERATOR(pg_catalog.>) 1 THEN \(literal: Verdict.reject(.duplicateKey))"
    ]
    if !table.source.lookups.isEmpty {
      cases.append("WHEN s.\(StageTable.lookupColumn) IS NOT NULL THEN s.\(StageTable.lookupColumn)")
    }
    for column in table.key.demandedColumns where !column.isLookedUpOnTarget {
      cases.append("WHEN (\(raw(column))) IS NULL THEN \(literal: Verdict.reject(.nullKey, column.name.name))")
    }
    for column in table.columns
    where column.isNotNull && !column.isKey && column.staged != nil && !column.isLookedUpOnTarget {
      cases.append("WHEN (\(raw(column))) IS NULL THEN \(literal: Verdict.reject(.nullValue, column.name.name))")
    }
    for column in table.columns where column.staged != nil && isKnown(column) {
      guard let fits = column.fits else { continue }
      cases.append("WHEN NOT \(fits) THEN \(literal: Verdict.reject(.doesNotFit, column.name.name))")
    }
    for reference in table.references where isMeasured(reference, of: table) {
      let verdict = Verdict.reject(.missingParent, reference.name.name)
      cases.append("WHEN \(lacksParent(reference, of: table)) THEN \(literal: verdict)")
    }
    return cases.joined(separator: "\n    ")
  }

  // MARK: - Parents

  /// Those of the run that land before the table; of others, only the target knows.
  private func parents(_ reference: ReferencePlan) -> [TablePlan] {
    ([reference.parent] + reference.parentKin).compactMap { earlier[$0] }.filter { parent in
      reference.parentColumns.allSatisfy { name in parent.columns.contains { $0.name == name && isKnown($0) } }
    }
  }

  /// Tables that refer to each other, or to themselves, are judged by the run in several steps.
  private func isMeasured(_ reference: ReferencePlan, of table: TablePlan) -> Bool {
    reference.isChecked && reference.columns.allSatisfy(isKnown) && !reference.refers(to: table.target)
      && !cycle(table).contains(where: reference.refers)
  }

  /// Tables that neither land before it nor lack a reference that leads back.
  private func cycle(_ table: TablePlan) -> [QualifiedName] { inCycles[table.target] ?? [] }

  /// Of tables that merge together, the others.
  package var inCycles: [QualifiedName: [QualifiedName]] = [:]

  private func lacksParent(
    _ reference: ReferencePlan, of table: TablePlan, leavingOutStanding: Bool = false
  ) -> SQL {
    let values = reference.columns.map { "(\(raw($0)))" as SQL }
    let applies: SQL =
      reference.isMatchFull
      ? "NOT (\(values.map { "\($0) IS NULL" as SQL }.joined(separator: " AND ")))"
      : "\(values.map { "\($0) IS NOT NULL" as SQL }.joined(separator: " AND "))"
    let absent = parents(reference).map { parent in
      """
      NOT EXISTS (SELECT FROM \(Self.name(of: parent)) p
            WHERE p.\(Self.verdict) IS NULL AND \(reference.matches(parent: "p")))
      """ as SQL
    }
    let keys = leavingOutStanding ? [] : standing.keys(of: table, reference)
    guard keys.contains(where: { !$0.isEmpty }) else { return ([applies] + absent).joined(separator: " AND ") }
    let names = keys.indices.map { "k\($0 + 1)" as SQL }
    let arrays = keys.map { "pg_catalog.unnest(\(bind: arrayText($0))::pg_catalog.text[])" as SQL }
    let matches = zip(names, reference.columns).map {
      "k.\($0) COLLATE pg_catalog.\"C\" OPERATOR(pg_catalog.=) \(text($1))" as SQL
    }
    let isAbsent: SQL = """
      NOT EXISTS (SELECT FROM ROWS FROM (\(arrays.joined(separator: ", "))) AS k (\(names.joined(separator: ", ")))
            WHERE \(matches.joined(separator: " AND ")))
      """
    return ([applies] + absent + [isAbsent]).joined(separator: " AND ")
  }

  // MARK: - Columns

  /// The source has the type as well: it is the server's own.
  private func isKnown(_ column: ColumnPlan) -> Bool {
    !column.isLookedUpOnTarget
      && [column.type, column.staged?.type].compactMap(\.self).allSatisfy {
        !$0.text.contains(".") || $0.text.hasPrefix("pg_catalog.")
      }
  }

  private func raw(_ column: ColumnPlan) -> SQL { column.staged.map { "s.\($0.name)" } ?? column.value }

  private func keyValue(_ column: ColumnPlan) -> SQL { isKnown(column) ? column.guardedValue : raw(column) }

  private func text(_ column: ColumnPlan) -> SQL {
    "(\(column.guardedValue))::pg_catalog.text COLLATE pg_catalog.\"C\""
  }
}
