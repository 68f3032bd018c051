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
    try await target.batch([SQL.beginWriting, SessionPins.values.statement])
    do {
      let reports = try await restore(tables, on: target)
      // What would wait for COMMIT is to be found by a trial as well.
      try await target.query("SET CONSTRAINTS ALL IMMEDIATE")
      try await target.query(isTrial ? "ROLLBACK" : "COMMIT")
      return UndeleteReport(flow: configuration.flow, isTrial: isTrial, tables: reports)
    } catch {
      await target.rollBack()
      throw error
    }
  }

  /// Tables whose rows refer to others that are not back yet are tried again after them.
  private func restore(_ tables: [UndeleteSQL], on target: Connection) async throws -> [UndeleteReport.Table] {
    let isKept = try await target.ask(
      Question("SELECT pg_catalog.to_regclass(\(literal: DeleteSQL.deleted.quoted)) IS NOT NULL") {
        $0.rows.first?.bool(0) ?? false
      })
    guard isKept else { return [] }
    var reports: [String: UndeleteReport.Table] = [:]
    var open = tables
    while !open.isEmpty {
      var waiting: [(table: UndeleteSQL, error: PostgresError)] = []
      for table in open {
        try await target.query("SAVEPOINT pgtide")
        do {
          reports[table.label] = try await restore(table, on: target)
          try await target.query("RELEASE SAVEPOINT pgtide")
        } catch let error as PostgresError where error.kind == .statement {
          try await target.query("ROLLBACK TO SAVEPOINT pgtide")
          guard error.sqlState == SQLState.foreignKeyViolation else { throw Self.failure(error, of: table) }
          waiting.append((table, error))
        }
      }
      guard waiting.count < open.count else { throw Self.failure(waiting[0].error, of: waiting[0].table) }
      open = waiting.map(\.table)
    }
    return tables.compactMap { reports[$0.label] }.filter { $0.found > 0 }
  }

  private static func failure(_ error: PostgresError, of table: UndeleteSQL) -> SyncError {
    var failure = SyncError(error, table: table.table, while: "given its deleted rows back, and nothing was")
    if error.sqlState == SQLState.uniqueViolation {
      failure.advice =
        "Another row has this value by now. Give that row another one, or put the rows back by hand from pgtide.deleted"
    }
    return failure
  }

  private func restore(_ table: UndeleteSQL, on target: Connection) async throws -> UndeleteReport.Table {
    let (shapes, (columns, isPartitioned)) = try await target.ask(.all(table.shapes, table.columns))
    var report = UndeleteReport.Table(table: table.label, found: 0, restored: 0, taken: 0, lostColumns: [])
    for shape in shapes {
      let known = columns.filter { !$0.isGenerated && shape.columns.contains($0.name) }
      let lost = shape.columns.filter { name in !known.contains { $0.name == name } }
      guard !known.isEmpty, shape.isKeyless || shape.key.allSatisfy({ name in columns.contains { $0.name == name } })
      else {
        throw SyncError(
          table: table.table,
          message: "it has no more the columns of rows that were deleted: \(lost.joined(separator: ", "))",
          advice: "Put them back by hand from pgtide.deleted")
      }
      let row = try await target.query(table.restore(shape, known, isPartitioned: isPartitioned)).rows.first
      let (found, free, restored) = (row?.int(0) ?? 0, row?.int(1) ?? 0, row?.int(2) ?? 0)
      guard free == restored else {
        throw SyncError(
          table: table.table, message: "a BEFORE trigger left out \(free - restored) of \(free) rows",
          advice: "Put them back by hand from pgtide.deleted, or disable the trigger meanwhile")
      }
      let changed = row?.int(3) ?? 0
      guard changed == 0 else {
        throw SyncError(
          table: table.table,
          message:
            "\(changed) of \(free) rows would not come back as they were: a column's type or a trigger changes them",
          advice: "Put them back by hand from pgtide.deleted")
      }
      report.found += found
      report.restored += restored
      report.taken += found - free
      report.lostColumns += lost.map(\.name).filter { !report.lostColumns.contains($0) }
    }
    return report
  }
}
