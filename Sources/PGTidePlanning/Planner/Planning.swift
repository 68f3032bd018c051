import PostgresValues

/// One act of planning: from what is configured and what both servers said, to a plan or to all that is wrong.
package struct Planning {
  package let configuration: SyncConfiguration
  package let source: SourceFacts
  package let target: TargetFacts
  package let checksPrivateSchema: Bool
  package let checksWriting: Bool
  /// Of the ends that were connected to.
  package var sessions: [SessionCheck] = []
  /// `nil`: the ends are two databases.
  package var oneDatabase: OneDatabase?

  package init(
    configuration: SyncConfiguration, source: SourceFacts, target: TargetFacts, checksPrivateSchema: Bool,
    checksWriting: Bool = true, sessions: [SessionCheck] = [], oneDatabase: OneDatabase? = nil
  ) {
    self.configuration = configuration
    self.source = source
    self.target = target
    self.checksPrivateSchema = checksPrivateSchema
    self.checksWriting = checksWriting
    self.sessions = sessions
    self.oneDatabase = oneDatabase
  }

  /// The tables that could be planned, and everything that is wrong so far.
  package struct Draft: Sendable {
    package var tables: [TablePlan]
    package var problems: [PlanProblem]
  }

  package func draft() -> Draft {
    var problems: [PlanProblem] = []
    var tables: [TablePlan] = []
    for table in configuration.tables where source.held[table.target] == nil {
      var planning = TablePlanning(table, configuration: configuration, source: source, target: target)
      planning.checksWriting = checksWriting
      let plan = planning.plan()
      problems += planning.problems
      if let plan { tables.append(plan) }
    }
    for place in tables.indices { tables[place].followers = followers(of: tables[place], among: tables) }
    problems += sharedTargets + (oneDatabase?.problems(tables) ?? [])
    if checksPrivateSchema { problems += privateSchema(tables).problems }
    return Draft(tables: tables, problems: sessions.flatMap(\.problems) + server(tables).problems + problems)
  }

  /// Throws: ``PlanRefusal`` with the draft's problems and those that only all tables together have; ``PostgresError``
  /// where somebody's locks leave no table.
  package func plan(_ draft: Draft) throws -> SyncPlan {
    let held = held(draft.tables)
    let tables = draft.tables.filter { table in !held.contains { $0.target == table.target } }
    let groups = groups(tables)
    let problems = draft.problems + cycleProblems(groups, tables: tables) + lookupProblems(groups, tables: tables)
    // All the others may come of it.
    guard problems.isEmpty else { throw PlanRefusal(problems: [oneDatabase?.suspicion].compactMap(\.self) + problems) }
    if tables.isEmpty, case .lock(let error) = held.first?.reason { throw error }
    let warnings = StampCheck(configuration: configuration, target: target).warnings
    let byName = Dictionary(tables.map { ($0.target, $0) }, uniquingKeysWith: { first, _ in first })
    return SyncPlan(
      flow: configuration.flow, tables: groups.flatMap(\.tables).compactMap { byName[$0] }, groups: groups, held: held,
      source: source.catalog.server, target: target.catalog.server, privateSchema: target.privateSchema,
      metadata: configuration.metadataTable.map { MetadataSQL(table: $0, existing: target.catalog.tables[$0]) },
      notices: sessions.flatMap(\.notices) + server(tables).notices + privateSchema(tables).notices
        + [digestNotice, oneDatabase?.notice].compactMap(\.self),
      warnings: warnings + privateSchema(tables).warnings, sourceFacts: source)
  }

  /// The tables as they merge together.
  package func groups(_ tables: [TablePlan]) -> [MergeGroup] {
    MergeOrder.groups(tables.map(\.target), parents: parents(tables))
  }

  private func held(_ tables: [TablePlan]) -> [HeldTable] {
    let held = configuration.tables.compactMap { table in
      source.held[table.target].map { error in
        HeldTable(
          target: configuration.targetName(table.target), label: table.target.description, reason: .lock(error))
      }
    }
    return held + HeldTable.dependants(of: held, among: tables)
  }

  private func server(_ tables: [TablePlan]) -> ServerCheck {
    // A table that could not be planned may have any number of chunks.
    let chunks = tables.count < configuration.tables.count ? Int.max : tables.map(\.chunks.count).reduce(0, +)
    return ServerCheck(
      source: source, target: target, workers: min(configuration.settings.jobs, chunks), checksWriting: checksWriting)
  }

  private func privateSchema(_ tables: [TablePlan]) -> PrivateSchemaCheck {
    PrivateSchemaCheck(
      target: target, stages: tables.map(\.stage),
      status: configuration.metadataTable.map { StatusTableCheck(table: $0, target: target) })
  }

  private var digestNotice: String? {
    let (source, target) = (source.catalog.server, target.catalog.server)
    guard configuration.settings.digest != .never, let here = source.digestCheck, let there = target.digestCheck,
      here != there
    else { return nil }
    return "the two servers do not make the same hash of the same values (PostgreSQL \(source.version / 10_000) and "
      + "\(target.version / 10_000)), so that all rows of all tables are read"
  }

  /// For each table, the tables of the run that it refers to, or looks values up in.
  private func parents(_ tables: [TablePlan]) -> [QualifiedName: Set<QualifiedName>] {
    let names = Set(tables.map(\.target))
    let parents = tables.map { table in
      (table.target, Set(table.parents).intersection(names))
    }
    // Two entries may write to one table, which is a problem that is told with all others.
    return Dictionary(parents, uniquingKeysWith: { $0.union($1) })
  }

  /// Two entries that write to one table would overwrite each other's rows.
  private var sharedTargets: [PlanProblem] {
    Dictionary(grouping: configuration.tables) { configuration.targetName($0.target) }
      .filter { $0.value.count > 1 }.sorted { $0.key < $1.key }
      .map { name, tables in
        PlanProblem(
          table: "\(name)", problem: "\(tables.count) entries of the configuration write to this table",
          advice: "Keep one, with a `query` if it has several sources", line: tables.last?.line)
      }
  }

  /// What is looked up in a table must have landed before; tables that refer to each other land together.
  private func lookupProblems(_ groups: [MergeGroup], tables: [TablePlan]) -> [PlanProblem] {
    groups.filter { $0.tables.count > 1 }.flatMap { group in
      tables.filter { group.tables.contains($0.target) }.flatMap { table in
        table.targetLookups.filter { lookup in lookup.tables.contains(where: group.tables.contains) }.map { lookup in
          let members = group.tables.map(\.description).joined(separator: ", ")
          return PlanProblem(
            table: "\(table.target)",
            problem:
              "column \(lookup.column) is looked up in \(lookup.lookup.relation) on the target, which cannot land "
              + "before it: the tables \(members) refer to each other, and land together",
            advice: "Look the value up on the source, or sync one of the tables in a flow of its own")
        }
      }
    }
  }

  /// Tables that refer to each other can go in only if their foreign keys can wait until the end of the transaction.
  private func cycleProblems(_ groups: [MergeGroup], tables: [TablePlan]) -> [PlanProblem] {
    groups.filter { $0.tables.count > 1 }.flatMap { group in
      tables.filter { group.tables.contains($0.target) }.flatMap { table in
        table.references
          .filter {
            $0.isForeignKey && !$0.isDeferrable && group.tables.contains(where: $0.refers)
              && !$0.refers(to: table.target)
          }
          .map { reference in
            let members = group.tables.map(\.description).joined(separator: ", ")
            return PlanProblem(
              table: "\(table.target)",
              problem:
                "the tables \(members) refer to each other, and the foreign key \(reference.name) is checked at once",
              advice: "Let it wait for the end of the transaction: ALTER TABLE \(table.target.quoted) "
                + "ALTER CONSTRAINT \(reference.name.quoted) DEFERRABLE; or leave one of the tables out")
          }
      }
    }
  }
}
