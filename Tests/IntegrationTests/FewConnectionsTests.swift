import EphemeralPostgres
import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

extension Integration {
  /// Servers that give a run fewer connections than it would like to have.
  @Suite struct FewConnectionsTests {
    private static let source =
      "CREATE TABLE t AS SELECT g AS id, 'v' || g AS v FROM generate_series(1, 500) g; CREATE TABLE u AS TABLE t"
    private static let target =
      "CREATE TABLE t (id int PRIMARY KEY, v text, source text); CREATE TABLE u (LIKE t INCLUDING ALL)"

    /// Both tables, as a role that an end has limited in some way, while others hold `others` of its connections there.
    private func limited<R: Sendable>(
      _ end: Precheck.End, _ limit: String, others: Int, _ body: (Scenario, SyncConfiguration) async throws -> R
    ) async throws -> R {
      let rights = "GRANT SELECT, INSERT, UPDATE ON t, u TO {role};"
      return try await Precheck(
        name: "few", source: Self.source + ";" + rights, target: Self.target + ";" + rights,
        flaw: """
          GRANT CREATE ON DATABASE "{database}" TO {role}; GRANT CREATE ON SCHEMA public TO {role};
          """, asRole: [.source, .target], says: []
      ).prepared { scenario, configuration async throws in
        var configuration = configuration
        configuration.tables = ["t", "u"].map { TableConfiguration(target: TableName(name: $0)) }
        configuration.settings.retries = 1
        let database = end == .source ? scenario.source : scenario.target
        try await database.run(
          limit.replacing("{role}", with: "role_\(scenario.source.name)")
            .replacing("{database}", with: #""\#(database.name)""#))
        let string = end == .source ? configuration.source.connection : configuration.target.connection
        let options = ConnectionOptions(label: "app", connectionString: string, applicationName: "app")
        var held: [Connection] = []
        for _ in 0..<others { held.append(try await Connection.open(options)) }
        let result: Result<R, any Error>
        do { result = .success(try await body(scenario, configuration)) } catch { result = .failure(error) }
        for connection in held { await connection.close() }
        for database in [scenario.source, scenario.target] {
          try await database.run(#"ALTER DATABASE "\#(database.name)" CONNECTION LIMIT -1"#)
        }
        return try result.get()
      }
    }

    static let limits: [(Precheck.End, String, Int, Int)] = [
      (.target, "ALTER ROLE {role} CONNECTION LIMIT 4", 2, 1),
      (.source, "ALTER ROLE {role} CONNECTION LIMIT 4", 2, 1),
      (.target, "ALTER ROLE {role} CONNECTION LIMIT 4", 1, 1),
      (.target, "ALTER ROLE {role} CONNECTION LIMIT 2", 0, 1),
      (.target, "ALTER ROLE {role} CONNECTION LIMIT 3", 0, 2),
      (.target, "ALTER DATABASE {database} CONNECTION LIMIT 4", 0, 2),
      (.target, "ALTER DATABASE {database} CONNECTION LIMIT 3", 0, 1),
      (.source, "ALTER DATABASE {database} CONNECTION LIMIT 4", 1, 1),
    ]

    @Test(arguments: limits)
    func `a run works with those that there are, says so, and leaves one to the app`(
      _ end: Precheck.End, _ limit: String, _ others: Int, _ jobs: Int
    ) async throws {
      try await limited(end, limit, others: others) { scenario, configuration async throws in
        // A first load, nothing to do, and something.
        for written in [1000, 0, 200] {
          if written == 200 {
            try await scenario.source.run(
              "UPDATE t SET v = v || '.' WHERE id <= 100; UPDATE u SET v = v || '.' WHERE id <= 100")
          }
          let report = try await scenario.sync(configuration)
          #expect(report.outcome == .success, "\(report.error ?? "")")
          #expect(report.totals.written == written)
          #expect(report.jobs == jobs)
          let says = report.notices.contains { $0.contains("the run works with 1 job instead of 2") }
          #expect(says == (jobs == 1), "\(report.notices)")
        }
      }
    }

    @Test(arguments: [3, 4, 5])
    func `from beginning to end of a run, one connection is left to the app`(_ limit: Int) async throws {
      try await limited(.target, "ALTER DATABASE {database} CONNECTION LIMIT \(limit)", others: 0) {
        scenario, configuration async throws in
        var configuration = configuration
        configuration.settings.jobs = 4
        // From another database, so that it does not count.
        let elsewhere = ConnectionOptions(
          label: "dba", connectionString: scenario.target.cluster.connectionString(database: "postgres"))
        let name = scenario.target.name
        let most = Task {
          try await withConnection(elsewhere) { dba in
            var most = 0
            while !Task.isCancelled {
              let sessions: SQL = "SELECT count(*) FROM pg_stat_activity WHERE datname = \(bind: name)"
              most = max(most, (try? await dba.query(sessions))?.rows.first?.int(0) ?? 0)
            }
            return most
          }
        }
        for _ in 1...3 { #expect(try await scenario.sync(configuration).outcome == .success) }
        most.cancel()
        #expect(try await (2..<limit).contains(most.value))
      }
    }

    @Test func `a run without a second connection says that it needs two`() async throws {
      try await limited(.target, "ALTER ROLE {role} CONNECTION LIMIT 3", others: 2) {
        scenario, configuration async throws in
        let report = try await scenario.sync(configuration)
        #expect(report.outcome == .failed)
        #expect(report.error?.contains("the target gives the run no second connection") == true)
        #expect(report.error?.contains("needs 2 to each end at least") == true)
        #expect(report.notices.contains { $0.contains("0 connections left for the role") })
      }
    }

    @Test func `a run without a first connection says so`() async throws {
      try await limited(.target, "ALTER ROLE {role} CONNECTION LIMIT 1", others: 1) {
        scenario, configuration async throws in
        let error = await #expect(throws: ServerError.self) { try await scenario.sync(configuration) }
        #expect(error?.advice?.contains("A run needs 2 to each end at least") == true)
      }
    }

    /// A pool whose connections after the first few are refused in a way that no catalog shows.
    private func pool(_ most: Int, _ database: TestDatabase) -> ConnectionPool {
      ConnectionPool { number in
        ConnectionOptions(
          label: "pool \(number)",
          connectionString: number > most ? "host=/nowhere" : database.connectionString)
      }
    }

    @Test(arguments: [(4, 4, 4), (3, 4, 2), (2, 4, 1), (1, 4, 1), (1, 2, 1)])
    func `whatever refuses connections, those that there are serve everybody, and one is given back`(
      _ most: Int, _ asked: Int, _ left: Int
    ) async throws {
      try await withDatabases { _, target async throws in
        let pool = pool(most, target)
        let opened = try await pool.open(asked)
        #expect(opened.count == left)
        #expect((opened.refusal == nil) == (most >= asked))
        let served = try await withThrowingTaskGroup(of: Int.self) { group in
          for number in 1...6 {
            group.addTask {
              try await pool.lend { try await $0.query("SELECT \(number) FROM pg_sleep(0.05)").rows.first?.int(0) ?? 0 }
            }
          }
          return try await group.reduce(0, +)
        }
        #expect(served == 21)
        await pool.close()
      }
    }

    @Test func `a pool that gets no connection says why`() async throws {
      try await withDatabases { _, target async throws in
        let error = await #expect(throws: PostgresError.self) { try await pool(0, target).open(2) }
        #expect(error?.kind == .cannotConnect)
      }
    }
  }
}
