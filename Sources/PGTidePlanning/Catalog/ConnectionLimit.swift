import PostgresValues

/// A bound on the number of connections.
package struct ConnectionLimit: Sendable, Equatable, Codable {
  package let scope: Scope
  package let most: Int
  /// How many were open when the plan was made, the planning session among them, others of the flow not.
  package let used: Int

  package init(scope: Scope, most: Int, used: Int) {
    self.scope = scope
    self.most = most
    self.used = used
  }

  package enum Scope: Sendable, Equatable, Codable {
    /// `max_connections`, less what is reserved.
    case server
    /// What a pooler in between had for us when it was tried.
    case pooler
    case database(String)
    case role(String)
  }

  package var free: Int { max(0, most - used) }
}

extension ConnectionLimit {
  /// Of the answer to ``CatalogSQL/server``.
  package static func read(_ row: QueryResult.Row) -> [ConnectionLimit] {
    [limit(.server, row, 9), limit(.database(row.text(4)), row, 11), limit(.role(row.text(13)), row, 14)]
      .compactMap(\.self)
  }

  /// `nil` where there is none (-1).
  private static func limit(_ scope: Scope, _ row: QueryResult.Row, _ column: Int) -> ConnectionLimit? {
    guard let most = row.int(column), most >= 0 else { return nil }
    return ConnectionLimit(scope: scope, most: most, used: row.int(column + 1) ?? 0)
  }
}
