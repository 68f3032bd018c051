import PostgresValues

/// Whether the users' own status table can be made, or an existing one be written.
package struct StatusTableCheck {
  package let table: QualifiedName
  package let target: TargetFacts

  package init(table: QualifiedName, target: TargetFacts) {
    self.table = table
    self.target = target
  }

  private var user: String { target.catalog.server.user }
  private var label: String { "the status table \(table)" }

  package var problems: [PlanProblem] {
    if isTakenName {
      return [problem("would be a table of pgtide's own", "Name another one under `metadata`")]
    }
    guard let facts = target.catalog.tables[table] else { return absence }
    guard facts.kind == .table || facts.kind == .partitioned || facts.kind == .view else {
      return [problem("is \(facts.kind.name)", "Name another one under `metadata`")]
    }
    return columnProblems(facts) + rightProblems(facts) + changes(facts)
  }

  /// A row for a table that has none cannot be added; whether one is needed, only the merge knows.
  package var notices: [String] {
    guard let facts = target.catalog.tables[table] else { return [] }
    return MetadataSQL.demandingColumns(facts).map {
      "\(label) takes no row for a new table: its column \($0.name) must not be NULL and has no default. Of tables that "
        + "have none it is not kept"
    }
  }

  private var absence: [PlanProblem] {
    if target.privateSchema.metadataExists { return [problem("is no table", "Name another one under `metadata`")] }
    let choice = "set `metadata: none`, or name another schema under `metadata`"
    switch target.privateSchema.canCreateMetadata {
    // That schema is made, or refused, with all that stands there.
    case _ where isInOwnSchema: return []
    case true: return []
    case nil: return [problem("cannot be made: there is no schema \(table.schema)", "Create the schema, \(choice)")]
    default:
      return [
        problem(
          "cannot be made: \(user) may not create tables in the schema \(table.schema)",
          "GRANT CREATE ON SCHEMA \(table.schema.quoted) TO \(Identifier(user).quoted), have somebody run what "
            + "`pgtide init-metadata --print-sql` prints, \(choice)")
      ]
    }
  }

  /// It stands beside the history, in the schema `pgtide`.
  private var isInOwnSchema: Bool { table.schema.name == StageTable.schema }

  private var isTakenName: Bool {
    isInOwnSchema
      && (PrivateSchemaSQL.history.contains(table) || ["stage_", "delta_"].contains { table.name.name.hasPrefix($0) })
  }

  private func columnProblems(_ facts: TableFacts) -> [PlanProblem] {
    let missing = MetadataSQL.columns.filter { facts.column($0.name) == nil }
    let unfit = MetadataSQL.columns.compactMap { wanted -> PlanProblem? in
      guard let column = facts.column(wanted.name), !target.casts.assigns(wanted.takes, to: column.type) else {
        return nil
      }
      return problem(
        "has a column \(wanted.name) of type \(column.type.label), which takes no \(wanted.type)",
        "Change its type, or name another table under `metadata`")
    }
    guard !missing.isEmpty else { return unfit }
    let additions = missing.map { "ADD \($0.name.quoted) \($0.type)" }.joined(separator: ", ")
    return [
      problem(
        "lacks \(missing.map(\.name).joined(separator: ", "))",
        "ALTER TABLE \(table.quoted) \(additions); or name another table under `metadata`")
    ] + unfit
  }

  private func rightProblems(_ facts: TableFacts) -> [PlanProblem] {
    let used = facts.columns.filter { column in MetadataSQL.columns.contains { $0.name == column.name } }
    let rights: [(String, KeyPath<ColumnFacts, Bool>)] = [
      ("SELECT", \.canSelect), ("INSERT", \.canInsert), ("UPDATE", \.canUpdate),
    ]
    let missing = rights.filter { right in !used.allSatisfy { $0[keyPath: right.1] } }.map(\.0)
    var problems =
      missing.isEmpty
      ? []
      : [
        problem(
          "cannot be written: \(user) lacks \(missing.joined(separator: ", "))",
          "GRANT SELECT, INSERT, UPDATE ON \(table.quoted) TO \(Identifier(user).quoted)")
      ]
    let sequences = facts.columns.filter { column in !used.contains { $0.name == column.name } }
      .flatMap(\.lockedSequences)
    problems += sequences.map {
      problem(
        "cannot be written: \(user) may not use its sequence \($0)",
        "GRANT USAGE ON SEQUENCE \($0) TO \(Identifier(user).quoted)")
    }
    return problems
  }

  private func changes(_ facts: TableFacts) -> [PlanProblem] {
    var problems: [PlanProblem] = []
    if facts.hidesRows, !target.rights.isStatusOpen {
      problems.append(
        problem(
          "has row-level security, which hides rows from \(user)",
          "Let it in: CREATE POLICY \(Identifier("pgtide").quoted) ON \(table.quoted) TO \(Identifier(user).quoted) USING "
            + "(true) WITH CHECK (true). Or run pgtide as its owner, or as a role with BYPASSRLS"))
    }
    if facts.kind != .view {
      problems += facts.publicationsWithoutIdentity.map {
        problem(
          "has no replica identity, and the publication \($0) publishes its updates, so that the server refuses them",
          "Give it a primary key, or ALTER TABLE \(table.quoted) REPLICA IDENTITY FULL")
      }
    }
    return problems
  }

  private func problem(_ text: String, _ advice: String) -> PlanProblem {
    PlanProblem(problem: "\(label) \(text)", advice: advice)
  }
}
