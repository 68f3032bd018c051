import EphemeralPostgres
import Postgres
import Synchronization

/// What the server connections of a pool hold for whoever is given one next, seen through the pooler itself.
///
/// Asked in so many transactions at once as the pool has connections, so that each of them answers.
struct PoolState: Equatable, Sendable {
  /// Settings that somebody has set, but for those that the pooler itself sets for each client; advisory locks; prepared
  /// statements; channels that are listened to; temporary tables.
  var leftovers: [String]

  static let clean = PoolState(leftovers: [])

  private static let question: SQL = """
    SELECT 'setting ' || name || ' = ' || setting FROM pg_settings WHERE source = 'session'
      AND name NOT IN ('client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings', 'application_name')
    UNION ALL SELECT 'advisory lock' FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
    UNION ALL SELECT 'prepared ' || name FROM pg_prepared_statements
    UNION ALL SELECT 'channel ' || name FROM pg_listening_channels() AS c (name)
    UNION ALL SELECT 'temporary ' || relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()
    """

  static func of(_ connectionString: String, size: Int) async throws -> PoolState {
    let options = ConnectionOptions(label: "app", connectionString: connectionString)
    return try await look(options, left: size)
  }

  private static func look(_ options: ConnectionOptions, left: Int) async throws -> PoolState {
    guard left > 0 else { return .clean }
    return try await withConnection(options) { connection in
      let answers = try await connection.batch(["BEGIN", question])
      let found = answers[1].rows.map { $0.text(0) }
      // This one is held meanwhile.
      let others = try await look(options, left: left - 1).leftovers
      return PoolState(leftovers: found + others)
    }
  }
}

/// Clients that keep a pool busy with short transactions for the duration of a test's body.
enum BusyClients {
  static func run<R: Sendable>(
    _ count: Int, on connectionString: String, while body: () async throws -> R
  ) async throws -> R {
    let options = ConnectionOptions(label: "client", connectionString: connectionString)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<count {
        group.addTask {
          try await withConnection(options) { client in
            while !Task.isCancelled {
              try await client.query("SELECT pg_sleep(\(literal: "\(Double.random(in: 0...0.004))")::float8)")
            }
          }
        }
      }
      let result = try await body()
      group.cancelAll()
      // Their statements are cancelled with them.
      while let ended = await group.nextResult() { _ = ended }
      return result
    }
  }
}
