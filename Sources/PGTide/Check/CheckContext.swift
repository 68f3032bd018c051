import Postgres

/// What all work of a check shares.
struct CheckContext: Sendable {
  let plan: SyncPlan
  let options: Check.Options
  let settings: RunSettings
  let targets: ConnectionPool
  let log: RunLog

  var retry: RetryPolicy { RetryPolicy(retries: settings.retries) }

  /// Begins a transaction of the target that sees one state, and in which the server lets nothing be written but to
  /// temporary tables.
  static let beginLooking: SQL = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
}
