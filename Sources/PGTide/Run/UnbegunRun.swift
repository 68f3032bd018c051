import Postgres

/// A run that did not begin, as the target's history and the users' status table keep it: whoever watches them sees that
/// nothing was brought, and why.
///
/// Only in pgtide's own words: what a server says may quote a row.
struct UnbegunRun: Sendable {
  let configuration: SyncConfiguration
  let mode: String
  let reason: HistorySQL.NotBegun
  /// What stands in the history.
  let message: String
  /// What is wrong with single tables, by the names that the configuration writes.
  let ofTables: [String: String]

  /// `nil` for what is no failure, or is another run's.
  init?(_ error: any Error, configuration: SyncConfiguration, mode: String) {
    self.configuration = configuration
    self.mode = mode
    var ofTables: [String: String] = [:]
    switch error {
    // Where there is nothing to take up again, the last run may have brought everything.
    case is CancellationError, is RunInProgress, is RunLockLost, is ResumeRefusal: return nil
    case let error as PlanRefusal:
      reason = .refused
      message = "the plan was refused:\n" + error.problems.map { "- \($0.record)" }.joined(separator: "\n")
      for problem in error.problems {
        if let table = problem.table { ofTables[table] = ofTables[table] ?? problem.record }
      }
    case let error as PostgresError where error.kind == .cannotConnect:
      reason = .unreachable
      message = "no connection to the \(error.connection): \(error.message)"
    default:
      reason = .unplanned
      message = "the run could not be planned: \(Self.words(error))"
    }
    self.ofTables = ofTables
  }

  private static func words(_ error: any Error) -> String {
    guard let error = error.serverError else { return "it broke off before it began" }
    return "an error of the \(error.connection)" + (error.sqlState.map { " (SQLSTATE \($0))" } ?? "")
  }

  /// Writes it down, where the history is there or may be made. What stands in the way of that is told by the error
  /// itself, or by the next run's plan.
  func note(on target: Connection) async {
    // Not the run's own task, which may be cancelled.
    await Task { await noteNow(on: target) }.value
  }

  private func noteNow(on target: Connection) async {
    guard await target.isUsable else { return }
    await target.rollBack()
    guard let facts = try? await facts(target) else { return }
    // Somebody wants nothing written there.
    guard !facts.catalog.server.isStandby, !facts.catalog.server.isReadOnly else { return }
    let status = configuration.metadataTable.map { StatusTableCheck(table: $0, target: facts) }
    guard PrivateSchemaCheck(target: facts, stages: [], status: nil).problems.isEmpty else { return }
    // What is wrong with it may be somebody else's code, which would run.
    let metadata =
      PrivateSchemaCheck(target: facts, stages: [], status: status).problems.isEmpty ? configuration.metadataTable : nil
    guard let statements = try? statements(facts, metadata) else { return }
    if (try? await target.batch(statements, deadline: .seconds(10))) == nil {
      await target.rollBack()
      guard metadata != nil, let rest = try? self.statements(facts, nil) else { return }
      // What the users' own table refuses must not keep the history from it.
      if (try? await target.batch(rest, deadline: .seconds(10))) == nil { await target.rollBack() }
    }
  }

  /// What stands there of pgtide's, without the tables of the run.
  private func facts(_ target: Connection) async throws -> TargetFacts {
    var bare = configuration
    bare.tables = []
    return try await Planner(bare).targetFacts(target)
  }

  /// - Parameter metadata: the users' status table; `nil` where it is not written.
  private func statements(_ facts: TargetFacts, _ metadata: QualifiedName?) throws -> [SQL] {
    let names = configuration.tables.map(\.target.description)
    let settings = try RunSettingsRecord(configuration.settings).json
    var statements: [SQL] = [SQL.beginWriting, RunLockSQL.buildingAlone] + facts.privateSchema.foundation
    statements += [
      HistorySQL.note(reason, flow: configuration.flow, mode: mode, settings: settings, error: message),
      HistorySQL.prune(flow: configuration.flow, keeping: configuration.settings.keptRuns),
    ]
    if let metadata {
      let table = MetadataSQL(table: metadata, existing: facts.catalog.tables[metadata])
      if !facts.privateSchema.metadataExists {
        let rights = OwnRights(tables: [metadata])
        statements += [rights.standing, table.create, rights.takeTrusting] + table.seed(names)
      }
      for name in names { statements += table.set(name, .failed, records: 0, error: ofTables[name] ?? line) }
    }
    return statements + ["COMMIT"]
  }

  /// One line, for tables of which nothing more is known.
  private var line: String {
    guard reason == .refused, !ofTables.isEmpty else {
      return message.split(separator: "\n").first.map(String.init) ?? message
    }
    return "the plan was refused, because of other tables; pgtide.runs has why"
  }
}

extension PlanProblem {
  /// Without what a server said.
  fileprivate var record: String {
    let text = (table.map { "\($0): " } ?? "") + problem
    return quoted.isEmpty ? text : text.replacing(quoted, with: "…")
  }
}
