import PostgresValues

/// Whether the session's user may have and use what pgtide keeps on the target: the schema `pgtide`, the stages, the
/// history, and the users' status table.
package struct PrivateSchemaCheck {
  package let target: TargetFacts
  package let stages: [StageTable]
  /// `nil`: there is to be no status table.
  package let status: StatusTableCheck?

  package init(target: TargetFacts, stages: [StageTable], status: StatusTableCheck?) {
    self.target = target
    self.stages = stages
    self.status = status
  }

  private var privateSchema: PrivateSchemaFacts { target.privateSchema }
  private var user: String { target.catalog.server.user }
  private var schema: Identifier { Identifier(StageTable.schema) }

  /// What each history table is used with.
  private static let historyRights: [(table: QualifiedName, rights: [String])] = [
    (HistorySQL.runs, ["SELECT", "INSERT", "UPDATE", "DELETE"]),
    (HistorySQL.runTables, ["SELECT", "INSERT", "UPDATE"]),
    (RejectSQL.rejects, ["SELECT", "INSERT", "UPDATE", "DELETE"]), (RewriteSQL.rows, ["SELECT", "INSERT", "DELETE"]),
    (ProtectedSQL.rows, ["SELECT", "INSERT", "UPDATE", "DELETE"]),
    (DeleteSQL.deleted, ["SELECT", "INSERT", "DELETE"]),
  ]

  package var problems: [PlanProblem] {
    schemaProblems + (status?.problems ?? []) + keeping.statusOwner + keeping.code + languageProblems
  }

  package var notices: [String] { (status?.notices ?? []) + keeping.notices }

  /// What the user should know even of a run that is quiet otherwise.
  package var warnings: [String] { keeping.warnings }

  private var keeping: KeepingCheck {
    KeepingCheck(
      target: target, tables: PrivateSchemaSQL.history + stages.flatMap { [$0.stage, $0.delta] }, status: status?.table)
  }

  private var schemaProblems: [PlanProblem] {
    guard privateSchema.schemaExists else { return privateSchema.canCreateSchema ? [] : [cannotCreateSchema] }
    let strangers = keeping.schema + keeping.relations
    guard keeping.schema.isEmpty else { return strangers }
    // Without it nothing else can be done there.
    guard privateSchema.canUseSchema else { return [foreignSchema("may not use it")] + strangers }
    let creation = needsTables && !privateSchema.canCreateTables ? [foreignSchema("may not create tables in it")] : []
    return creation + historyProblems + upgradeProblems + stageProblems + strangers
  }

  /// Tables of the schema `pgtide` have to be made.
  private var needsTables: Bool {
    !privateSchema.hasHistory || stages.contains { !privateSchema.has($0) }
      || makesStatus && status?.table.schema == schema
  }

  private var makesStatus: Bool { status.map { target.catalog.tables[$0.table] == nil } ?? false }

  private var languageProblems: [PlanProblem] {
    guard !target.rights.canRunCode, needsTables || makesStatus else { return [] }
    return [
      PlanProblem(
        problem:
          "\(user) may not use the language plpgsql on the target, by which others' rights on what pgtide makes are "
          + "taken back",
        advice: "CREATE EXTENSION plpgsql, or GRANT USAGE ON LANGUAGE plpgsql TO \(Identifier(user).quoted)")
    ]
  }

  private var cannotCreateSchema: PlanProblem {
    PlanProblem(
      problem: "\(user) may not create the schema \(schema) on the target",
      advice: "GRANT CREATE ON DATABASE \(Identifier(target.catalog.server.database).quoted) TO "
        + "\(Identifier(user).quoted), or have somebody run what `pgtide init-metadata --print-sql` prints")
  }

  private func foreignSchema(_ what: String) -> PlanProblem {
    PlanProblem(
      problem: "the schema \(schema) on the target belongs to \(privateSchema.schemaOwner), and \(user) \(what)",
      advice: "GRANT USAGE, CREATE ON SCHEMA \(schema.quoted) TO \(Identifier(user).quoted), if it is pgtide's; "
        + "`pgtide init-metadata --print-sql` prints all that is needed")
  }

  private var historyProblems: [PlanProblem] {
    Self.historyRights.compactMap { table, rights in
      guard let facts = privateSchema.tables[table.name] else { return nil }
      let missing = rights.filter { !facts.rights.contains($0) }
      guard !missing.isEmpty else { return nil }
      return PlanProblem(
        problem:
          "\(user) lacks rights on \(table), which belongs to \(facts.owner): \(missing.joined(separator: ", "))",
        advice: "GRANT SELECT, INSERT, UPDATE, DELETE ON \(table.quoted) TO \(Identifier(user).quoted)")
    }
  }

  /// Only its owner can change the columns of a table of an earlier version.
  private var upgradeProblems: [PlanProblem] {
    Self.historyRights.map(\.table).compactMap { table in
      let outdated = privateSchema.outdatedColumns(table)
      guard !outdated.isEmpty, let facts = privateSchema.tables[table.name], !facts.isOwned else { return nil }
      return PlanProblem(
        problem: "\(table), which belongs to \(facts.owner), is of an earlier version: it differs in "
          + outdated.map(\.name).joined(separator: ", "),
        advice: "Have \(facts.owner) run what `pgtide init-metadata --print-sql` prints")
    }
  }

  /// Only its owner can empty a stage, and make it anew when its columns change.
  private var stageProblems: [PlanProblem] {
    stages.flatMap { [$0.stage, $0.delta] }.compactMap { table in
      guard let facts = privateSchema.tables[table.name], !facts.isOwned, !keeping.isStranger(table) else { return nil }
      return PlanProblem(
        problem: "the stage \(table) belongs to \(facts.owner), not to \(user)",
        advice: "Run the flow as \(facts.owner) always, or drop the stage when no run is on: the next run makes it anew"
      )
    }
  }
}
