import Postgres

/// What all work of a run shares.
package struct RunContext: Sendable {
  /// With the chunks that are left to read.
  package var plan: SyncPlan
  /// As far as both ends give what they ask for.
  package var settings: RunSettings
  package let run: RunIdentity
  package let goal: RunGoal
  /// What of the schema `pgtide` stood there when the run began.
  package let privateSchema: PrivateSchemaFacts
  package let stages: StageLedger
  package let lock: RunLock
  package let targets: ConnectionPool
  package let reports: ReportLedger
  package let observer: SyncObserver
  package let log: RunLog
  /// The source is held until somebody ends it: when all has landed, it is looked at once more.
  package var keepsSource = false

  package init(
    plan: SyncPlan, settings: RunSettings, run: RunIdentity, goal: RunGoal, privateSchema: PrivateSchemaFacts,
    stages: StageLedger,
    lock: RunLock, targets: ConnectionPool, reports: ReportLedger, observer: @escaping SyncObserver, log: RunLog
  ) {
    self.plan = plan
    self.settings = settings
    self.run = run
    self.goal = goal
    self.privateSchema = privateSchema
    self.stages = stages
    self.lock = lock
    self.targets = targets
    self.reports = reports
    self.observer = observer
    self.log = log
  }

  package var retry: RetryPolicy { RetryPolicy(retries: settings.retries) }

  /// Runs `body`, and again where nobody needs to be told of it.
  package func retryingSilently<R: Sendable>(_ body: () async throws -> R) async throws -> R {
    try await retry.run(beforeRetry: { _, _ in }) { try await body() }
  }

  /// Tells that something about a table is about to be tried again.
  package func noteRetry(of table: TablePlan, attempt: Int, _ error: any Error) {
    reports.noteRetry(of: table, error)
    observer(.retrying(table: table.label, attempt: attempt, error: error.plain))
    log.retrying(error, attempt: attempt, of: retry.retries, table: table.label)
  }

  /// Runs a transaction that ends with the statement it is given. If the run's lock turns out not to be held, it is taken
  /// again, and the transaction, which was rolled back, run once more.
  package func underLock<R: Sendable>(_ body: (_ mustBeHeld: SQL) async throws -> R) async throws -> R {
    do {
      return try await body(lock.mustBeHeld)
    } catch let error as PostgresError where error.saysLockNotHeld {
      try await lock.regain()
      log.lockRegained()
      return try await body(lock.mustBeHeld)
    }
  }
}
