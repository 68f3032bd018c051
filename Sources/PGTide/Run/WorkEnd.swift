import Postgres

/// What has become of a work.
enum WorkEnd: Sendable {
  case copied(QualifiedName, hasFailed: Bool)
  /// The rows are in their tables, and the transaction is open.
  case loaded([Int])
  case analyzed([Int])
  /// A load has come to its end, in whichever of its works.
  case loadEnded([Int], DirectLoad.Outcome)
  case compared(Int, MergePhase.Compared)
  case merged(Int, hasFailed: Bool)
  case cleaned([Int])
}
