import EphemeralPostgres
import Postgres
import Testing

extension Integration {
  /// Connections whose server stopped while they were idle.
  ///
  /// What it said at last can still be read, but nothing can be sent any more. libpq reports that, and goes on to hold
  /// the connection for usable.
  @Suite struct LostServerTests {
    @Test func `whatever is asked next of a connection whose server has gone says so, and does not wait`() async throws
    {
      let questions: [@Sendable (Connection) async throws -> Void] = [
        { _ = try await $0.query("SELECT 1") },
        { _ = try await $0.batch(["SELECT 1", "SELECT 2"]) },
        { _ = try await $0.batch(["SELECT 1", "SELECT 2"], deadline: .seconds(10)) },
        { _ = try await $0.attempt(["SELECT 1", "SELECT 2"]) },
        { _ = try await $0.describe(["SELECT 1", "SELECT 2"]) },
        { _ = try await $0.copyIn("COPY t FROM STDIN") { _ in } },
      ]
      try await PostgresCluster.withCluster(ServerPair.configured.target.options()) { cluster in
        let database = try await cluster.createDatabase(named: "app")
        try await database.run("CREATE TABLE t (id int)")
        var connections: [Connection] = []
        for number in questions.indices {
          let options = ConnectionOptions(label: "idle \(number)", connectionString: database.connectionString)
          connections.append(try await Connection.open(options))
        }
        try await cluster.crash()
        for (connection, question) in zip(connections, questions) {
          let error = await #expect(throws: PostgresError.self) { try await question(connection) }
          #expect(error?.kind == .connectionLost, "\(connection.label)")
          #expect(await !connection.isUsable, "\(connection.label)")
          await connection.close()
        }
      }
    }

    @Test func `a transaction whose beginning failed does not answer for what comes next`() async throws {
      try await withDatabases { database, _ async throws in
        let options = ConnectionOptions(label: "one", connectionString: database.connectionString)
        try await Postgres.withConnection(options) { connection async throws in
          let error = await #expect(throws: PostgresError.self) {
            try await connection.batch(["BEGIN", "SELECT 1 / 0", "COMMIT"])
          }
          #expect(error?.sqlState == "22012")
          #expect(try await connection.query("SELECT 1").rows.first?.int(0) == 1)
          // Who has opened one by itself ends it by itself.
          try await connection.query("BEGIN")
          await #expect(throws: PostgresError.self) { try await connection.batch(["SELECT 1 / 0"]) }
          let next = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
          #expect(next?.sqlState == "25P02")
          await connection.rollBack()
          #expect(try await connection.query("SELECT 1").rows.first?.int(0) == 1)
        }
      }
    }
  }
}
