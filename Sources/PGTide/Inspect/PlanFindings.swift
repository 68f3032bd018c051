import Postgres

/// What a plan would say: of the tables that can be planned, and what is wrong with the others.
struct PlanFindings: Sendable {
  private var plans: [QualifiedName: TablePlan] = [:]
  /// Tables that merge by themselves.
  private var alone: Set<QualifiedName> = []
  private var problems: [PlanProblem] = []
  private var held: [HeldTable] = []
  /// Why there is no plan at all.
  private var failure: String?

  /// Throws: `CancellationError`.
  static func find(
    _ configuration: SyncConfiguration, source: Result<Connection, any Error>, target: Result<Connection, any Error>
  ) async throws -> PlanFindings {
    var findings = PlanFindings()
    // What is wrong with an end is told of the end.
    guard case .success(let source) = source, case .success(let target) = target else { return findings }
    do {
      try await findings.plan(configuration, source: source, target: target)
    } catch is CancellationError {
      throw CancellationError()
    } catch let refusal as PlanRefusal {
      findings.problems = refusal.problems
    } catch {
      findings.failure = "no plan could be made: \(error.plain)"
    }
    return findings
  }

  private mutating func plan(_ configuration: SyncConfiguration, source: Connection, target: Connection) async throws {
    let (planning, draft) = try await Planner(configuration).draft(source: source, target: target)
    plans = Dictionary(draft.tables.map { ($0.target, $0) }, uniquingKeysWith: { first, _ in first })
    alone = Set(planning.groups(draft.tables).filter { $0.tables.count == 1 }.flatMap(\.tables))
    let plan = try planning.plan(draft)
    held = plan.held
  }

  /// What concerns no single table of the configuration.
  func problems(besides tables: [QualifiedName: String]) -> [String] {
    [failure].compactMap(\.self)
      + problems.filter { problem in
        problem.table.map { name in !tables.contains { $0.value == name || "\($0.key)" == name } } ?? true
      }.map(\.description)
  }

  /// What stands in the way of a table's plan.
  func problems(of table: QualifiedName, label: String) -> [String] {
    problems.filter { $0.table == label || $0.table == "\(table)" }.map { "\($0.problem). \($0.advice)" }
      + held.filter { $0.target == table }.map { "\($0.error.withoutTable)" }
  }

  /// How a run finds what changed in a table, and why so; `nil` where it cannot be planned.
  func way(of table: QualifiedName) -> (way: InspectReport.Way, reason: String)? {
    guard let plan = plans[table], !held.contains(where: { $0.target == table }) else { return nil }
    let isAlone = alone.contains(table)
    if let changes = plan.changes, changes.window != nil { return (.changes, changes.summary) }
    let reading = plan.digest.reasonForReading ?? (isAlone ? nil : "it merges together with others")
    if isAlone, plan.direct.reasonForStage == nil, plan.direct.seemsEmpty {
      let later = reading.map { "compare all rows (\($0))" } ?? "compare digests"
      return (.directLoad, "it seems to be empty; later runs \(later)")
    }
    return reading.map { (.comparison, $0) } ?? (.digest, plan.digest.summary(isAlone: isAlone))
  }
}
