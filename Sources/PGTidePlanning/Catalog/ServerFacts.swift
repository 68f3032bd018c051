import Postgres

/// What a server says of itself, and of the session's user.
struct ServerFacts: Sendable, Codable {
  /// 150004 is 15.4.
  let version: Int
  let blockSize: Int
  let isStandby: Bool
  let user: String
  let database: String
  /// Whether the server counts tuples per transaction (`track_counts`).
  let countsTuples: Bool
  /// Transactions begin read-only, by the server's, the database's or the role's setting.
  var isReadOnly = false
  /// How texts are encoded in the database, such as `UTF8`.
  var encoding = ""
  /// For how long a standby lets a read stand in the way of its replay, such as `30s`; `-1` is for ever.
  var standbyDelay = ""
  /// The standby asks its primary to keep what its reads still need.
  var hasStandbyFeedback = false
  /// What ``DigestCheck`` came to; `nil` on a server that is too old for digests.
  var digestCheck: String?
  /// When the server was started, and the number of the database in it: no other database says the same.
  var identity: String?
  /// The history is there, and says of each table what was read and filled. `nil` where that was not asked.
  var hasPast: Bool?
  /// For how many locks the server makes room for each of ``lockHolders`` (`max_locks_per_transaction`).
  var locksPerHolder = Int.max
  /// Connections and prepared transactions.
  var lockHolders = 1
  /// Whatever bounds the number of connections of this session's user.
  var limits: [ConnectionLimit] = []
}

/// A bound on the number of connections.
struct ConnectionLimit: Sendable, Equatable, Codable {
  let scope: Scope
  let most: Int
  /// How many were open when the plan was made, the planning session among them, others of the flow not.
  let used: Int

  init(scope: Scope, most: Int, used: Int) {
    self.scope = scope
    self.most = most
    self.used = used
  }

  enum Scope: Sendable, Equatable, Codable {
    /// `max_connections`, less what is reserved.
    case server
    /// What a pooler in between had for us when it was tried.
    case pooler
    case database(String)
    case role(String)
  }

  var free: Int { max(0, most - used) }
}

extension ConnectionLimit {
  /// Of the answer to ``CatalogSQL/server``.
  static func read(_ row: QueryResult.Row) -> [ConnectionLimit] {
    [limit(.server, row, 9), limit(.database(row.text(4)), row, 11), limit(.role(row.text(13)), row, 14)]
      .compactMap(\.self)
  }

  /// `nil` where there is none (-1).
  private static func limit(_ scope: Scope, _ row: QueryResult.Row, _ column: Int) -> ConnectionLimit? {
    guard let most = row.int(column), most >= 0 else { return nil }
    return ConnectionLimit(scope: scope, most: most, used: row.int(column + 1) ?? 0)
  }
}
