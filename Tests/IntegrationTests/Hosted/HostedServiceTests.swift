import EphemeralPostgres
import FoundationEssentials
import PGTide
import PGTideTune
import Testing

extension Integration {
  /// The whole tour in a hosted service, by each way that leads there.
  @Suite struct HostedServiceTests {
    /// Plan, status table, first load, nothing to do, changes, a dry run.
    @Test(arguments: HostedService.Way.allCases)
    func `what is loaded and changed lands, and the app's own stays`(_ way: HostedService.Way) async throws {
      try await HostedService.run { service async throws in
        try await service.reached(way) { configuration async throws in
          let scenario = service.scenario
          let plan = try await Sync(configuration).plan()
          #expect(plan.tables.count == 2)
          try await service.demandPeace(configuration, way)

          _ = try await Sync(configuration).initializeMetadata(isPrintOnly: false)
          try await service.demandPeace(configuration, way)

          let first = try await scenario.sync(configuration)
          #expect(first.outcome == .rejects, "\(first.error ?? "")")
          #expect(first.table("customers")?.counts.inserted == 299)
          #expect(first.table("customers")?.counts.protected == 1)
          #expect(first.table("orders")?.counts.inserted == 900)
          #expect(first.table("orders")?.rejectReasons == ["missing parent": 7])
          // What docs/guides/hosted.md says of a first load: a message for each new row.
          #expect(try await scenario.target.value("SELECT count(*) FROM net.requests") == "299")
          try await service.demandPeace(configuration, way)

          let unchanged = try await scenario.sync(configuration)
          #expect(unchanged.totals.written == 0)
          #expect(unchanged.totals.unchanged == 299 + 900)
          try await service.demandPeace(configuration, way)

          try await scenario.source.run(
            """
            UPDATE customers SET name = name || '.' WHERE id <= 10; UPDATE orders SET amount = 1 WHERE id <= 5;
            INSERT INTO customers VALUES (5901, 'late', NULL);
            """)
          let dry = try await scenario.sync(configuration, options: Sync.Options(isDryRun: true))
          #expect(dry.table("customers")?.counts.updated == 9)
          #expect(try await scenario.target.value("SELECT name FROM customers WHERE id = 1") == "customer 1")
          let changed = try await scenario.sync(configuration)
          #expect(changed.table("customers")?.counts.updated == 9)
          #expect(changed.table("customers")?.counts.inserted == 1)
          #expect(changed.table("orders")?.counts.updated == 5)
          // One of the orders without a customer has one now.
          #expect(changed.table("orders")?.counts.inserted == 1)
          #expect(changed.table("orders")?.rejectReasons == ["missing parent": 6])
          try await service.demandPeace(configuration, way)
        }
      }
    }

    @Test(arguments: HostedService.Way.allCases)
    func `what failed over the disk is taken up again`(_ way: HostedService.Way) async throws {
      try await HostedService.run { service async throws in
        let base = FileManager.default.temporaryDirectory.appending(path: "pgtide-hosted-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: base) }
        try await service.reached(way) { direct async throws in
          var configuration = direct
          configuration.settings.spill = SpillSettings(mode: .always, directory: base)
          configuration.settings.retries = 0
          try await service.scenario.target.run(Scenario.failing("orders"))
          let failed = try await service.scenario.sync(configuration)
          #expect(failed.outcome == .partial)
          try await service.scenario.target.run("DROP TRIGGER fail ON orders")
          let resumed = try await service.scenario.sync(configuration, options: Sync.Options(resumes: true))
          #expect(resumed.table("orders")?.counts.inserted == 900)
          try await service.demandPeace(configuration, way)
        }
      }
    }

    @Test(arguments: HostedService.Way.allCases)
    func `a run that was killed is made good by the next one`(_ way: HostedService.Way) async throws {
      try await HostedService.run { service async throws in
        try await service.reached(way, resets: true) { configuration async throws in
          let yaml = """
            source: ${OFFICE}
            target: ${APP}
            origin: {column: source, ours: D}
            tables: [customers, orders]
            """
          for seconds in ["0.02", "0.05", "0.1", "0.2"] {
            _ = try await PGTideProcess.run(
              "timeout -s KILL \(seconds) $PGTIDE sync", files: ["pgtide.yaml": yaml],
              environment: ["OFFICE": configuration.source.connection, "APP": configuration.target.connection])
          }
          let report = try await service.scenario.sync(configuration)
          #expect(report.outcome == .rejects, "\(report.error ?? "")")
          #expect(try await service.scenario.target.value("SELECT count(*) FROM orders WHERE source = 'D'") == "900")
        }
        let left = """
          SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgtide%' AND datname = current_database()
          """
        try await service.scenario.target.wait(for: "0", from: left)
        try await service.demandPeace(service.scenario.configuration("customers"), .direct)
      }
    }

    @Test(arguments: HostedService.Way.allCases)
    func `a tune writes no row of the app's tables`(_ way: HostedService.Way) async throws {
      try await HostedService.run { service async throws in
        try await service.reached(way) { configuration async throws in
          let report = try await Tune(configuration, options: .init(budget: .seconds(3))).run()
          #expect(report.tables == 2)
          #expect(try await service.scenario.target.value("SELECT count(*) FROM customers") == "2")
          try await service.demandPeace(configuration, way)
        }
      }
    }

    @Test(arguments: [PgBouncer.Mode.transaction, .statement])
    func `a pool that keeps no sessions is refused by every command, and gets nothing`(_ mode: PgBouncer.Mode)
      async throws
    {
      try await HostedService.run { service async throws in
        let before = try await service.scenario.target.everything()
        try await service.pooled(mode) { configuration async throws in
          let sync = Sync(configuration)
          await #expect(throws: PlanRefusal.self) { try await sync.plan() }
          await #expect(throws: PlanRefusal.self) { try await sync.initializeMetadata(isPrintOnly: false) }
          let refusal = await #expect(throws: PlanRefusal.self) { try await sync.run() }
          // Of both ends at once.
          #expect(refusal?.problems.count == 2)
          await #expect(throws: PlanRefusal.self) { try await Tune(configuration).run() }
          if mode == .transaction { try await service.demandPeace(configuration, .sessionPool) }
        }
        #expect(try await service.scenario.target.everything() == before)
      }
    }

    @Test func `no role of the API reads or changes a row, and none reaches the schema of pgtide`() async throws {
      try await HostedService.run { service async throws in
        try await service.reached(.direct) { configuration async throws in
          try await service.scenario.sync(configuration)
          for role in service.apiRoles.prefix(2) {
            let seen = "SET ROLE \(role); SELECT (SELECT count(*) FROM customers), (SELECT count(*) FROM orders)"
            #expect(try await service.scenario.target.rows(seen) == [["0", "0"]])
            await #expect(throws: ClusterError.self) {
              try await service.scenario.target.run("SET ROLE \(role); SELECT FROM pgtide.runs")
            }
          }
        }
      }
    }
  }
}
