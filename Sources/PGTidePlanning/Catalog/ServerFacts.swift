import PostgresValues

/// What a server says of itself, and of the session's user.
package struct ServerFacts: Sendable, Codable {
  /// 150004 is 15.4.
  package let version: Int
  package let blockSize: Int
  package let isStandby: Bool
  package let user: String
  package let database: String
  /// Whether the server counts tuples per transaction (`track_counts`).
  package let countsTuples: Bool
  /// Transactions begin read-only, by the server's, the database's or the role's setting.
  package var isReadOnly = false
  /// How texts are encoded in the database, such as `UTF8`.
  package var encoding = ""
  /// For how long a standby lets a read stand in the way of its replay, such as `30s`; `-1` is for ever.
  package var standbyDelay = ""
  /// The standby asks its primary to keep what its reads still need.
  package var hasStandbyFeedback = false
  /// What ``DigestCheck`` came to; `nil` on a server that is too old for digests.
  package var digestCheck: String?
  /// When the server was started, and the number of the database in it: no other database says the same.
  package var identity: String?
  /// The history is there, and says of each table what was read and filled. `nil` where that was not asked.
  package var hasPast: Bool?
  /// For how many locks the server makes room for each of ``lockHolders`` (`max_locks_per_transaction`).
  package var locksPerHolder = Int.max
  /// Connections and prepared transactions.
  package var lockHolders = 1
  /// Whatever bounds the number of connections of this session's user.
  package var limits: [ConnectionLimit] = []
}
