import EphemeralPostgres
import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

extension Integration {
  /// What stands between pgtide and a server.
  @Suite struct PoolerTests {
    /// A sync through a pooler before one of its ends.
    private func throughPooler<R: Sendable>(
      _ options: PgBouncer.Options, before end: Precheck.End = .target, tables: Int = 1,
      _ body: (Scenario, SyncConfiguration) async throws -> R
    ) async throws -> R {
      try await Precheck(name: "pooler", says: []).prepared { scenario, direct in
        let database = end == .source ? scenario.source : scenario.target
        for number in 1..<max(1, tables) {
          for database in [scenario.source, scenario.target] {
            try await database.run("CREATE TABLE t\(number) (LIKE t INCLUDING ALL); INSERT INTO t\(number) TABLE t")
          }
        }
        return try await database.cluster.withPgBouncer(options) { pooler in
          var configuration = direct
          configuration.tables[0].columns = [ColumnMapping(column: "v", value: .expression("lower(src.v)"))]
          for number in 1..<max(1, tables) {
            configuration.tables.append(TableConfiguration(target: TableName(name: "t\(number)")))
          }
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

    @Test func `a run that is refused because of the source's pooler leaves word of it on the target`() async throws {
      try await throughPooler(.init(.transaction, poolSize: 3), before: .source) {
        scenario, configuration async throws in
        await #expect(throws: PlanRefusal.self) { try await scenario.sync(configuration) }
        #expect(try await scenario.target.value("SELECT status FROM pgtide.runs") == "refused")
      }
    }

    @Test(arguments: [PgBouncer.Mode.transaction, .statement], [Precheck.End.source, .target])
    func `a pooler that keeps no sessions is refused, and gets none of our settings`(
      _ mode: PgBouncer.Mode, _ end: Precheck.End
    ) async throws {
      try await throughPooler(.init(mode, poolSize: 3), before: end) { scenario, configuration async throws in
        try await demandRefusal(
          scenario, configuration, "a pooler that keeps no sessions stands before the", "session mode")
        let string = end == .source ? configuration.source.connection : configuration.target.connection
        // The pooler goes on lending the server connections that we had.
        if mode == .transaction { #expect(try await PoolState.of(string, size: 3) == .clean) }
      }
    }

    @Test(arguments: [2, 3, 4, 6])
    func `a busy pool that keeps no sessions is refused each time, and gets nothing of ours`(_ size: Int) async throws {
      try await throughPooler(.init(.transaction, poolSize: size)) { scenario, configuration async throws in
        let string = configuration.target.connection
        try await BusyClients.run(size, on: string) {
          for _ in 1...12 {
            let refusal = await #expect(throws: PlanRefusal.self) { try await Sync(configuration).plan() }
            #expect(refusal?.description.contains("a pooler that keeps no sessions") == true)
          }
        }
        #expect(try await PoolState.of(string, size: size) == .clean)
      }
    }

    @Test(arguments: [2, 4, 5])
    func `a pool that gives its connections out in turn is refused`(_ size: Int) async throws {
      var options = PgBouncer.Options(.transaction, poolSize: size)
      options.isRoundRobin = true
      try await throughPooler(options) { scenario, configuration async throws in
        // Until it is full, it gives none out twice.
        _ = try await PoolState.of(configuration.target.connection, size: size)
        for _ in 1...5 { await #expect(throws: PlanRefusal.self) { try await Sync(configuration).plan() } }
        #expect(try await PoolState.of(configuration.target.connection, size: size) == .clean)
      }
    }

    @Test func `a spill is not taken up again through a pool that keeps no sessions, and no lock is left in it`()
      async throws
    {
      try await throughPooler(.init(.transaction, poolSize: 2)) { scenario, configuration async throws in
        await #expect(throws: PlanRefusal.self) {
          try await scenario.sync(configuration, options: Sync.Options(resumes: true))
        }
        #expect(try await PoolState.of(configuration.target.connection, size: 2) == .clean)
      }
    }

    @Test(arguments: [Precheck.End.source, .target])
    func `nothing is left in a session pool that does not clean up itself`(_ end: Precheck.End) async throws {
      var options = PgBouncer.Options(.session, poolSize: 6)
      options.resetsSessions = false
      try await throughPooler(options, before: end) { scenario, configuration async throws in
        let string = end == .source ? configuration.source.connection : configuration.target.connection
        _ = try await Sync(configuration).plan()
        #expect(try await PoolState.of(string, size: 6) == .clean)
        #expect(try await scenario.sync(configuration).outcome == .success)
        #expect(try await PoolState.of(string, size: 6) == .clean)
        // Refused for another reason, when the session is set up already.
        var wrong = configuration
        wrong.tables[0].key = ["nowhere"]
        await #expect(throws: PlanRefusal.self) { try await scenario.sync(wrong) }
        #expect(try await PoolState.of(string, size: 6) == .clean)
      }
    }

    @Test func `nothing is left by a run that fails or is cancelled`() async throws {
      var options = PgBouncer.Options(.session, poolSize: 6)
      options.resetsSessions = false
      try await throughPooler(options) { scenario, configuration async throws in
        try await scenario.target.run(Scenario.failing("t"))
        #expect(try await scenario.sync(configuration).outcome == .failed)
        #expect(try await PoolState.of(configuration.target.connection, size: 6) == .clean)
        let running = TaskSlot<SyncReport>()
        running.start {
          try await Sync(configuration) { if case .planned = $0 { running.cancel() } }.run()
        }
        await #expect(throws: CancellationError.self) { _ = try await running.value }
        #expect(try await PoolState.of(configuration.target.connection, size: 6) == .clean)
      }
    }

    @Test func `a pooler in session mode works, with a remark`() async throws {
      try await throughPooler(.init(.session)) { scenario, configuration async throws in
        let report = try await scenario.sync(configuration)
        #expect(report.outcome == .success)
        #expect(report.notices.contains { $0.contains("a pooler stands before the target. It kept sessions apart") })
        #expect(try await scenario.target.value("SELECT v FROM t WHERE id = 1") == "new")
      }
    }

    @Test func `a source behind a pooler in session mode works`() async throws {
      try await throughPooler(.init(.session), before: .source) { scenario, configuration async throws in
        #expect(try await scenario.sync(configuration).outcome == .success)
      }
    }

    @Test func `a pooler on the port of hosted transaction modes is refused without a trial`() async throws {
      var options = PgBouncer.Options(.session)
      options.port = 6543
      try await throughPooler(options) { scenario, configuration async throws in
        try await demandRefusal(scenario, configuration, "it is on port 6543", "port 5432")
      }
    }

    @Test func `a pooler without room for a second session is refused`() async throws {
      try await throughPooler(.init(.session, poolSize: 1)) { scenario, configuration async throws in
        try await demandRefusal(scenario, configuration, "no server connection for a second session", "pool size")
      }
    }

    @Test(arguments: [
      (PgBouncer.Options(.session, poolSize: 2), 1, "1 connection left for us in its pooler (1 of 2 are open)"),
      (.init(.session, poolSize: 3), 1, "leaves one connection to others"),
      (.init(.session, poolSize: 20, maxClients: 3), 1, "left for us in its pooler"),
      (.init(.session, poolSize: 4), 2, ""),
    ])
    func `a run works with the connections that a small pool has`(
      _ options: PgBouncer.Options, _ jobs: Int, _ says: String
    ) async throws {
      try await throughPooler(options, tables: 3) { scenario, configuration async throws in
        for _ in 1...2 {
          let report = try await scenario.sync(configuration)
          #expect(report.outcome == .success, "\(report.error ?? "")")
          #expect(report.jobs == jobs)
          #expect(says.isEmpty || report.notices.contains { $0.contains(says) }, "\(report.notices)")
          try await scenario.source.run("UPDATE t SET v = 'newer'; UPDATE t1 SET v = 'newer'")
        }
        #expect(try await scenario.target.value("SELECT v FROM t1") == "newer")
      }
    }

    /// A session with our settings in a pool of two that keeps no sessions, and `body` while another client has its server
    /// process.
    private func withMovedSession(_ body: (Connection, TestDatabase) async throws -> Void) async throws {
      try await throughPooler(.init(.transaction, poolSize: 2)) { scenario, configuration async throws in
        let string = configuration.target.connection
        let ours = try await Connection.open(
          ConnectionOptions(label: "ours", connectionString: string, settings: [("work_mem", "32MB")]))
        try await withConnection(ConnectionOptions(label: "other", connectionString: string)) { other in
          let process = try await other.batch(["BEGIN", "SELECT pg_backend_pid()"])[1].rows.first?.int(0)
          let own = await ours.backend
          try #require(process == own)
          try await body(ours, scenario.target)
          try await other.query("COMMIT")
        }
        await ours.end()
        #expect(try await PoolState.of(string, size: 2) == .clean)
      }
    }

    @Test func `a session that another process answers writes nothing, and what it had set is taken back`() async throws
    {
      try await withMovedSession { ours, target async throws in
        await #expect(throws: SessionMoved.self) {
          try await ours.transaction { try await ours.query("CREATE TABLE written ()") }
        }
        await #expect(throws: SessionMoved.self) {
          try await ours.batch([SQL.beginWriting, "CREATE TABLE written ()", "COMMIT"])
        }
        #expect(try await target.value("SELECT to_regclass('written') IS NULL") == "t")
      }
    }

    @Test func `a session that another process answers takes no lock`() async throws {
      try await withMovedSession { ours, target async throws in
        try await target.run("CREATE SCHEMA pgtide; CREATE TABLE pgtide.runs (run_id bigint, flow text, status text)")
        let lock = RunLock(flow: "forward", holder: ours) { ours }
        await #expect(throws: SessionMoved.self) { _ = try await lock.take(waiting: .zero) { _ in } }
        await #expect(throws: SessionMoved.self) { try await lock.adopt(ours) }
        #expect(
          try await target.value(
            """
            SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """) == "0")
      }
    }

    @Test func `a server that is spoken to directly is never taken for a pooler`() async throws {
      try await Precheck(name: "direct", says: []).prepared { scenario, configuration async throws in
        #expect(try await Sync(configuration).plan().notices.isEmpty)
      }
    }
  }
}
