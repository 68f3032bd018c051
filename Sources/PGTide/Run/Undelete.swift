import Logging
import Postgres

/// Puts rows back that runs with `deletes: remove` have deleted, as they were: from `pgtide.deleted`.
///
/// All tables go in one transaction. A trial does the same and rolls it back, so that what the target refuses is found.
public struct Undelete: Sendable {
  let configuration: SyncConfiguration
  /// The run that deleted them; `nil`: any.
  let run: Int?
  let isTrial: Bool
  private let sessions: Sessions

  public init(
    _ configuration: SyncConfiguration, run: Int? = nil, isTrial: Bool = true,
    logger: Logger = Logger(label: "pgtide") { _ in SwiftLogNoOpLogHandler() }
  ) {
    self.init(configuration, run: run, isTrial: isTrial, tracer: nil, logger: logger)
  }

  package init(
    _ configuration: SyncConfiguration, run: Int?, isTrial: Bool, tracer: StatementTracer?, logger: Logger
  ) {
    self.configuration = configuration
    self.run = run
    self.isTrial = isTrial
    let log = RunLog(logger, flow: configuration.flow)
    sessions = Sessions(
      configuration: configuration, tracers: [tracer, log.tracer].compactMap(\.self),
      stallWatch: StallWatch(
        limit: configuration.settings.stallTimeout, lockTimeout: configuration.settings.lockTimeout))
  }

  /// Throws: ``SettingsError``, ``RunInProgress``, ``SyncError`` where a row is refused, ``ServerError``, `CancellationError`.
  public func callAsFunction() async throws -> UndeleteReport {
    try configuration.validate([])
    return try await ServerError.naming {
      try await sessions.withTarget { target in
        try await sessions.withFlowLock(on: target) { lock in
          _ = try await lock.take(waiting: .zero) { _ in }
          return try await restore(on: lock.holder)
        }
      }
    }
  }

  private func restore(on target: Connection) async throws -> UndeleteReport {
    let tables = configuration.tables.map { table in
      let name = configuration.targetName(table.target)
      return UndeleteSQL(
        table: name, label: table.target.description,
        isInDefaultSchema: name.schema == configuration.target.schema.identifier, flow: configuration.flow, run: run)
    }
    try await target.batch([SQL.beginWriting, (SessionPins.values + .hashing).statement])
    do {
      let restored = try await restore(tables, on: target)
      try await runWhatWaits(on: target)
      for part in restored.flatMap(\.parts) { try await settle(part, on: target) }
      try await target.query(isTrial ? "ROLLBACK" : "COMMIT")
      return UndeleteReport(flow: configuration.flow, isTrial: isTrial, tables: restored.map(\.report))
    } catch {
      await target.rollBack()
      throw error
    }
  }

  /// Rows of one table, and of one shape, that are in.
  private struct RestoredPart {
    let table: UndeleteSQL
    let shape: UndeleteSQL.Shape
    let columns: [UndeleteSQL.Column]
    let present: UndeleteSQL.Present
    let rows: RestoredRows
    /// The table has all columns that the rows had.
    let isWhole: Bool
  }

  private struct RestoredTable {
    var report: UndeleteReport.Table
    var parts: [RestoredPart] = []
  }

  /// What would wait for COMMIT is to be found by a trial as well, and what triggers do behind the rows is to be seen.
  private func runWhatWaits(on target: Connection) async throws {
    do {
      try await target.query("SET CONSTRAINTS ALL IMMEDIATE")
    } catch let error as PostgresError where error.kind == .statement {
      let table = configuration.tables.map { configuration.targetName($0.target) }.first { "\($0)" == error.table }
      throw Self.failure(error, of: table)
    }
  }

  /// Makes sure that rows stand as they were, and takes them out of `pgtide.deleted`.
  private func settle(_ part: RestoredPart, on target: Connection) async throws {
    guard part.rows.count > 0 else { return }
    let fallen = try await target.ask(part.table.fallen(part.rows, part.shape, part.columns, of: part.present))
    guard fallen.count == 0 else {
      var error = SyncError(
        table: part.table.table,
        message:
          "\(fallen.count) of \(CountedWords.rows(part.rows.count)) would not stand as they were, because a trigger changes or deletes "
          + "them afterwards\(fallen.key.map { ", such as \($0)" } ?? "")",
        advice: "Put them back by hand from pgtide.deleted, or disable the trigger meanwhile")
      error.summary = "\(fallen.count) of \(CountedWords.rows(part.rows.count)) would not stand as they were"
      throw error
    }
    if part.isWhole { try await target.query(part.table.forget(part.rows)) }
  }

  /// Tables whose rows refer to others that are not back yet are tried again after them.
  private func restore(_ tables: [UndeleteSQL], on target: Connection) async throws -> [RestoredTable] {
    let (isKept, isOutdated) = try await target.ask(UndeleteSQL.kept)
    guard isKept else { return [] }
    if isOutdated { try await target.batch(HistorySQL.upgrade { $0 == DeleteSQL.deleted }) }
    var restored: [String: RestoredTable] = [:]
    var open = tables
    while !open.isEmpty {
      var waiting: [(table: UndeleteSQL, error: PostgresError)] = []
      for table in open {
        try await target.query("SAVEPOINT pgtide")
        do {
          restored[table.label] = try await restore(table, on: target)
          try await target.query("RELEASE SAVEPOINT pgtide")
        } catch let error as PostgresError where error.kind == .statement {
          try await target.query("ROLLBACK TO SAVEPOINT pgtide")
          guard error.sqlState == SQLState.foreignKeyViolation else { throw Self.failure(error, of: table.table) }
          waiting.append((table, error))
        }
      }
      guard waiting.count < open.count else { throw Self.failure(waiting[0].error, of: waiting[0].table.table) }
      open = waiting.map(\.table)
    }
    return tables.compactMap { restored[$0.label] }.filter { $0.report.found > 0 }
  }

  private static func failure(_ error: PostgresError, of table: QualifiedName?) -> SyncError {
    var failure = SyncError(error, table: table, while: "given its deleted rows back, and nothing was")
    if error.sqlState == SQLState.uniqueViolation {
      failure.advice =
        "Another row has this value by now. Give that row another one, or put the rows back by hand from pgtide.deleted"
    }
    return failure
  }

  private func restore(_ table: UndeleteSQL, on target: Connection) async throws -> RestoredTable {
    let (shapes, present) = try await target.ask(.all(table.shapes, table.present))
    var restored = RestoredTable(
      report: UndeleteReport.Table(
        table: table.label, found: 0, restored: 0, taken: 0, takenKeys: [], lostColumns: []))
    for shape in shapes {
      let known = present.columns.filter { !$0.isGenerated && shape.columns.contains($0.name) }
      let lost = shape.columns.filter { name in !known.contains { $0.name == name } }
      guard !known.isEmpty,
        shape.isKeyless || shape.key.allSatisfy({ name in present.columns.contains { $0.name == name } })
      else {
        throw SyncError(
          table: table.table,
          message: "it has no more the columns of rows that were deleted: \(lost.joined(separator: ", "))",
          advice: "Put them back by hand from pgtide.deleted")
      }
      let outcome = try await target.ask(table.restore(shape, known, of: present))
      try await check(outcome, of: table, known, present, on: target)
      restored.parts.append(
        RestoredPart(
          table: table, shape: shape, columns: known, present: present, rows: outcome.put, isWhole: lost.isEmpty))
      restored.report.found += outcome.found
      restored.report.restored += outcome.put.count
      restored.report.taken += outcome.found - outcome.put.count
      restored.report.takenKeys += outcome.others.map(\.name)
      restored.report.lostColumns += lost.map(\.name).filter { !restored.report.lostColumns.contains($0) }
    }
    return restored
  }

  /// Throws: ``SyncError`` where a trigger has left rows out, or rows came back with other values.
  private func check(
    _ outcome: UndeleteSQL.Outcome, of table: UndeleteSQL, _ columns: [UndeleteSQL.Column],
    _ present: UndeleteSQL.Present, on target: Connection
  ) async throws {
    let (changed, leftOut) = (outcome.restored - outcome.put.count, outcome.free - outcome.restored)
    guard changed == 0 else {
      throw SyncError(
        table: table.table,
        message:
          "\(changed) of \(CountedWords.rows(outcome.free)) would not come back as they were: a column's type or a trigger changes them",
        advice: "Put them back by hand from pgtide.deleted")
    }
    guard leftOut > 0, present.hasBeforeTriggers else { return }
    try await target.query("SAVEPOINT pgtide_again")
    do {
      try await target.query(table.again(outcome.leftOut, columns))
    } catch let error as PostgresError where SQLState.isAboutTakenValue(error.sqlState) {
      try await target.query("ROLLBACK TO SAVEPOINT pgtide_again")
      return
    }
    throw SyncError(
      table: table.table, message: "a BEFORE trigger left out \(leftOut) of \(CountedWords.rows(outcome.free))",
      advice: "Put them back by hand from pgtide.deleted, or disable the trigger meanwhile")
  }
}

extension SQLState {
  /// Another row has the value, or one that excludes it.
  fileprivate static func isAboutTakenValue(_ state: String?) -> Bool {
    state == uniqueViolation || state == "23P01"
  }
}
