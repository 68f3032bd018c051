import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// What stands between pgtide and a server.
  @Suite struct PoolerTests {
    /// A sync through a pooler before one of its ends.
    private func throughPooler<R: Sendable>(
      _ mode: PgBouncer.Mode, poolSize: Int = 20, port: Int = 6432, before end: Precheck.End = .target,
      _ body: (Scenario, SyncConfiguration) async throws -> R
    ) async throws -> R {
      try await Precheck(name: "pooler", says: []).prepared { scenario, direct in
        let database = end == .source ? scenario.source : scenario.target
        return try await database.cluster.withPgBouncer(mode, poolSize: poolSize, port: port) { pooler in
          var configuration = direct
          configuration.tables[0].columns = [ColumnMapping(column: "v", value: .expression("lower(src.v)"))]
          let string = pooler.connectionString(database: database.name)
          if end == .source {
            configuration.source.connection = string
          } else {
            configuration.target.connection = string
          }
          return try await body(scenario, configuration)
        }
      }
    }

    private func demandRefusal(_ scenario: Scenario, _ configuration: SyncConfiguration, _ says: String...) async throws
    {
      let before = try await scenario.target.everything()
      let refusal = await #expect(throws: PlanRefusal.self) {
        try await scenario.sync(configuration, options: Sync.Options(isDryRun: true))
      }
      #expect(refusal?.problems.count == 1)
      for text in says { #expect(refusal?.description.contains(text) == true, "\(refusal?.description ?? "")") }
      #expect(try await scenario.target.everything() == before)
    }

    /// What a client finds that is given one of the pooler's server connections.
    private func workMemory(_ connectionString: String) async throws -> String? {
      let options = ConnectionOptions(label: "app", connectionString: connectionString)
      return try await withConnection(options) { try await $0.query("SHOW work_mem").rows.first?.text(0) }
    }

    @Test(arguments: [PgBouncer.Mode.transaction, .statement], [Precheck.End.source, .target])
    func `a pooler that keeps no sessions is refused, and gets none of our settings`(
      _ mode: PgBouncer.Mode, _ end: Precheck.End
    ) async throws {
      try await throughPooler(mode, before: end) { scenario, configuration async throws in
        try await demandRefusal(
          scenario, configuration, "a pooler that keeps no sessions stands before the", "session mode")
        let string = end == .source ? configuration.source.connection : configuration.target.connection
        // The pooler goes on lending the server connection that we had.
        #expect(try await workMemory(string) == "4MB")
      }
    }

    @Test func `a pooler in session mode works, with a remark`() async throws {
      try await throughPooler(.session) { scenario, configuration async throws in
        let report = try await scenario.sync(configuration)
        #expect(report.outcome == .success)
        #expect(report.notices.contains { $0.contains("a pooler stands before the target. It kept sessions apart") })
        #expect(try await scenario.target.value("SELECT v FROM t WHERE id = 1") == "new")
      }
    }

    @Test func `a source behind a pooler in session mode works`() async throws {
      try await throughPooler(.session, before: .source) { scenario, configuration async throws in
        #expect(try await scenario.sync(configuration).outcome == .success)
      }
    }

    @Test func `a pooler on the port of hosted transaction modes is refused without a trial`() async throws {
      try await throughPooler(.session, port: 6543) { scenario, configuration async throws in
        try await demandRefusal(scenario, configuration, "it is on port 6543", "port 5432")
      }
    }

    @Test func `a pooler without room for a second session is refused`() async throws {
      try await throughPooler(.session, poolSize: 1) { scenario, configuration async throws in
        try await demandRefusal(scenario, configuration, "no server connection for a second session", "pool size")
      }
    }

    @Test func `a server that is spoken to directly is never taken for a pooler`() async throws {
      try await Precheck(name: "direct", says: []).prepared { scenario, configuration async throws in
        #expect(try await Sync(configuration).plan().notices.isEmpty)
      }
    }
  }
}
