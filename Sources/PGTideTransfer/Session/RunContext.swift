import Postgres

/// What all work of a run shares.
struct RunContext: Sendable {
  /// With the chunks that are left to read.
  var plan: SyncPlan
  /// As far as both ends give what they ask for.
  var settings: RunSettings
  let run: RunIdentity
  let goal: RunGoal
  /// What of the schema `pgtide` stood there when the run began.
  let house: HouseFacts
  let stages: StageLedger
  let lock: RunLock
  let targets: ConnectionPool
  let reports: ReportLedger
  let observer: SyncObserver
  let log: RunLog

  init(
    plan: SyncPlan, settings: RunSettings, run: RunIdentity, goal: RunGoal, house: HouseFacts, stages: StageLedger,
    lock: RunLock, targets: ConnectionPool, reports: ReportLedger, observer: @escaping SyncObserver, log: RunLog
  ) {
    self.plan = plan
    self.settings = settings
    self.run = run
    self.goal = goal
    self.house = house
    self.stages = stages
    self.lock = lock
    self.targets = targets
    self.reports = reports
    self.observer = observer
    self.log = log
  }

  var retry: RetryPolicy { RetryPolicy(retries: settings.retries) }

  /// Runs `body`, and again where nobody needs to be told of it.
  func retryingSilently<R: Sendable>(_ body: () async throws -> R) async throws -> R {
    try await retry.run(beforeRetry: { _, _ in }) { try await body() }
  }

  /// Tells that something about a table is about to be tried again.
  func noteRetry(of table: TablePlan, attempt: Int, _ error: any Error) {
    reports.noteRetry(of: table, error)
    observer(.retrying(table: table.label, attempt: attempt, error: error.plain))
    log.retrying(error, attempt: attempt, of: retry.retries, table: table.label)
  }

  /// Runs a transaction that ends with the statement it is given. If the run's lock turns out not to be held, it is taken
  /// again, and the transaction, which was rolled back, run once more.
  func underLock<R: Sendable>(_ body: (_ mustBeHeld: SQL) async throws -> R) async throws -> R {
    do {
      return try await body(lock.mustBeHeld)
    } catch let error as PostgresError where error.saysLockNotHeld {
      try await lock.regain()
      log.lockRegained()
      return try await body(lock.mustBeHeld)
    }
  }
}
