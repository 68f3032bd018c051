/// A transaction as the server numbers it, and the backend that runs it.
public struct TransactionIdentity: Sendable, Hashable {
  public let id: String
  public let backend: Int

  public enum Outcome: Sendable, Hashable {
    case committed, aborted
    /// It is still in progress, or too old to be known.
    case unknown
  }

  /// The manual numbers transactions for ever with `xid8`, from version 13 on.
  package static let question: SQL = "SELECT pg_catalog.pg_current_xact_id(), pg_catalog.pg_backend_pid()"

  package init(_ answer: QueryResult) {
    id = answer.rows.first?[0] ?? ""
    backend = answer.rows.first?.int(1) ?? 0
  }
}
