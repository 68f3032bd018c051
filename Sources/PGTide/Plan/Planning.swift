import Postgres

/// One act of planning: from what is configured and what both servers said, to a plan or to all that is wrong.
struct Planning {
  let configuration: SyncConfiguration
  let source: SourceFacts
  let target: TargetFacts

  func plan() throws -> SyncPlan {
    var problems = serverProblems
    var tables: [TablePlan] = []
    for table in configuration.tables {
      var planning = TablePlanning(table, configuration: configuration, source: source, target: target)
      let plan = planning.plan()
      problems += planning.problems
      if let plan { tables.append(plan) }
    }
    problems += sharedTargets
    let groups = MergeOrder.groups(tables.map(\.target), parents: parents(tables))
    problems += cycleProblems(groups, tables: tables)
    guard problems.isEmpty else { throw PlanRefusal(problems: problems) }
    let byName = Dictionary(uniqueKeysWithValues: tables.map { ($0.target, $0) })
    return SyncPlan(
      flow: configuration.flow, tables: groups.flatMap(\.tables).compactMap { byName[$0] }, groups: groups,
      source: source.catalog.server, target: target.catalog.server, house: target.house,
      metadata: configuration.metadataTable, notices: serverNotices)
  }

  /// For each table, the tables of the run that it refers to.
  private func parents(_ tables: [TablePlan]) -> [QualifiedName: Set<QualifiedName>] {
    let names = Set(tables.map(\.target))
    return Dictionary(
      uniqueKeysWithValues: tables.map { table in
        (table.target, Set(table.references.map(\.parent)).intersection(names))
      })
  }

  private var serverProblems: [PlanProblem] {
    var problems: [PlanProblem] = []
    for (server, end) in [(source.catalog.server, "source"), (target.catalog.server, "target")]
    where server.version < 130_000 {
      problems.append(
        PlanProblem(
          problem: "the \(end) is PostgreSQL \(server.version / 10_000)",
          advice: "pgtide needs version 13 or later on both ends"))
    }
    if target.catalog.server.isStandby {
      problems.append(
        PlanProblem(problem: "the target is a standby, which takes no writes", advice: "Connect to its primary"))
    }
    return problems
  }

  private var serverNotices: [String] {
    source.catalog.server.isStandby
      ? ["the source is a standby: its max_standby_streaming_delay may cancel long reads"] : []
  }

  /// Two entries that write to one table would overwrite each other's rows.
  private var sharedTargets: [PlanProblem] {
    Dictionary(grouping: configuration.tables) { configuration.targetName($0.target) }
      .filter { $0.value.count > 1 }.sorted { $0.key < $1.key }
      .map { name, tables in
        PlanProblem(
          table: "\(name)", problem: "\(tables.count) entries of the configuration write to this table",
          advice: "Keep one, with a query that unites them if need be", line: tables.last?.line)
      }
  }

  /// Tables that refer to each other can go in only if their foreign keys can wait until the end of the transaction.
  private func cycleProblems(_ groups: [MergeGroup], tables: [TablePlan]) -> [PlanProblem] {
    groups.filter { $0.tables.count > 1 }.flatMap { group in
      tables.filter { group.tables.contains($0.target) }.flatMap { table in
        table.references
          .filter {
            $0.isForeignKey && !$0.isDeferrable && group.tables.contains($0.parent) && $0.parent != table.target
          }
          .map { reference in
            let members = group.tables.map(\.description).joined(separator: ", ")
            return PlanProblem(
              table: "\(table.target)",
              problem:
                "the tables \(members) refer to each other, and the foreign key \(reference.name) is checked at once",
              advice: "Let it wait for the end of the transaction: ALTER TABLE \(table.target.quoted) "
                + "ALTER CONSTRAINT \(Identifier(reference.name).quoted) DEFERRABLE; or leave one of the tables out")
          }
      }
    }
  }
}
