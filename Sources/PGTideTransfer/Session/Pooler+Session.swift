import Postgres

extension Pooler {
  /// What stands before a session that was examined when it was opened: others are refused then.
  package init(before connection: Connection) async {
    self = await connection.isBehindPooler ? .keepsSessions : .none
  }
}

extension ConnectionLimit {
  /// What a pooler that was tried has for this run; nothing where it is not known.
  package static func pooler(before connection: Connection) async -> [ConnectionLimit] {
    await connection.poolSize.map { [ConnectionLimit(scope: .pooler, most: $0, used: 1)] } ?? []
  }
}
