import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Tables that are loaded without their indexes (`indexes: rebuild`), and which indexes are kept all the same.
  @Suite struct SecondaryIndexTests {
    private static let source = """
      CREATE TABLE parent AS SELECT g AS id FROM generate_series(1, 20) g;
      CREATE TABLE child AS SELECT g AS id, g % 20 + 1 AS parent, 'no. ' || g AS name, g AS n
        FROM generate_series(1, 3000) g;
      """
    private static let target = """
      CREATE TABLE parent (id int PRIMARY KEY, source text);
      CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent, name text, n int UNIQUE,
        source char(1) DEFAULT 'M', EXCLUDE USING btree (n WITH =));
      CREATE INDEX child_parent ON child (parent);
      CREATE INDEX child_name ON child (lower(name) DESC NULLS LAST) INCLUDE (n) WITH (fillfactor = 70) WHERE n > 10;
      """

    private func configuration(_ scenario: Scenario, _ indexes: IndexRule = .rebuild) -> SyncConfiguration {
      var configuration = scenario.configuration("parent", "child")
      configuration.settings.directLoad = .auto
      configuration.settings.indexes = indexes
      return configuration
    }

    /// The table's indexes, and the numbers by which the server knows them.
    private func indexes(_ scenario: Scenario) async throws -> [(definition: String, number: String)] {
      try await scenario.target.rows(
        """
        SELECT pg_get_indexdef(indexrelid), indexrelid FROM pg_index
        WHERE indrelid = 'child'::regclass AND indisvalid AND indisready ORDER BY 1
        """
      ).map { ($0[0], $0[1]) }
    }

    @Test func `indexes that enforce nothing are built behind the rows, and stand as they stood`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let before = try await indexes(scenario)
        let report = try await scenario.sync(configuration(scenario))
        let after = try await indexes(scenario)
        #expect(report.table("child")?.isLoadedDirectly == true)
        #expect(report.table("child")?.indexesRebuilt == 2)
        #expect(before.map(\.definition) == after.map(\.definition))
        let renewed = zip(before, after).filter { $0.number != $1.number }.map(\.0.definition)
        #expect(renewed.count == 2)
        #expect(renewed.allSatisfy { $0.contains("child_parent") || $0.contains("child_name") })
        // They are full: what is found by them alone is all there is.
        #expect(
          try await scenario.target.value(
            "SET enable_seqscan = off; SELECT count(*) FROM child WHERE parent BETWEEN 1 AND 20") == "3000")
      }
    }

    @Test func `indexes are kept where nothing else is asked for`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let before = try await indexes(scenario)
        let report = try await scenario.sync(configuration(scenario, .keep))
        #expect(report.table("child")?.isLoadedDirectly == true)
        #expect(report.table("child")?.indexesRebuilt == nil)
        #expect(try await indexes(scenario).map(\.number) == before.map(\.number))
      }
    }

    /// What makes an index more than its definition, and what the plan says of it.
    @Test(arguments: [
      ("COMMENT ON INDEX child_name IS 'for the search'", "it has a comment"),
      ("CLUSTER child USING child_parent; ALTER TABLE child CLUSTER ON child_parent", "the table is clustered by it"),
      ("ALTER INDEX child_name ALTER COLUMN 1 SET STATISTICS 500", "it has a statistics target"),
      ("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'child_name'::regclass", "it is not valid"),
      ("ALTER INDEX child_name DEPENDS ON EXTENSION plpgsql", "it belongs to an extension"),
    ])
    func `an index that is more than its definition is kept, and the plan says why`(
      change: String, reason: String
    ) async throws {
      try await withScenario(source: Self.source, target: Self.target + change) { scenario async throws in
        let plan = PlanSummary(try await Sync(configuration(scenario)).plan())
        #expect(plan.tables.first { $0.table == "child" }?.load.contains("because \(reason)") == true)
        let before = try await indexes(scenario)
        let report = try await scenario.sync(configuration(scenario))
        #expect(report.table("child")?.isLoadedDirectly == true)
        #expect(report.table("child")?.indexesRebuilt == 1)
        #expect(try await indexes(scenario).map(\.definition) == before.map(\.definition))
      }
    }

    @Test func `a table that somebody uses is loaded with its indexes, and the report says so`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let options = ConnectionOptions(label: "reader", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { reader in
          try await reader.batch(["BEGIN", "SELECT FROM child"])
          return try await scenario.sync(configuration(scenario))
        }
        let child = report.table("child")
        #expect(child?.isLoadedDirectly == true)
        #expect(child?.indexesRebuilt == nil)
        #expect(child?.notices == ["its indexes were kept up row by row, because somebody is using the table"])
      }
    }

    @Test
    func `an app that keeps the parent from its load, and waits for the child, is let go after the lock timeout`()
      async throws
    {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        var configuration = configuration(scenario)
        configuration.settings.lockTimeout = .seconds(1)
        configuration.settings.retries = 0
        let run = configuration
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "LOCK TABLE public.parent IN SHARE MODE"])
          async let running = scenario.sync(run)
          // The child is loaded, and waits for its parent with the lock under which its indexes were dropped.
          try await scenario.target.wait(
            for: "t",
            from: """
              SELECT count(*) > 0 FROM pg_locks WHERE relation = 'child'::regclass AND mode = 'AccessExclusiveLock' AND granted
              """)
          #expect(try await app.query("SELECT count(*) FROM public.child").rows.first?.int(0) == 0)
          try await app.query("COMMIT")
          return try await running
        }
        #expect(report.table("parent")?.status == .failed)
        #expect(report.table("parent")?.error?.contains("55P03") == true)
        #expect(report.table("child")?.status == .skipped)
        #expect(try await indexes(scenario).count == 5)
      }
    }

    @Test func `a load that is given up leaves the indexes that it dropped`() async throws {
      let duplicate = "INSERT INTO child VALUES (3001, 1, 'twice', 1);"
      try await withScenario(source: Self.source + duplicate, target: Self.target) { scenario async throws in
        let before = try await indexes(scenario)
        let report = try await scenario.sync(configuration(scenario))
        #expect(report.table("child")?.isLoadedDirectly == false)
        #expect(report.table("child")?.indexesRebuilt == nil)
        #expect(report.totals.rejected == 1)
        #expect(try await indexes(scenario).map(\.number) == before.map(\.number))
      }
    }

    @Test func `foreign keys are checked at the end of a load whose constraints can wait`() async throws {
      let deferred = "ALTER TABLE child ALTER CONSTRAINT child_parent_fkey DEFERRABLE INITIALLY DEFERRED;"
      try await withScenario(source: Self.source, target: Self.target + deferred) { scenario async throws in
        var configuration = configuration(scenario)
        configuration.settings.integrity = .triggers
        let report = try await scenario.sync(configuration)
        #expect(report.table("child")?.isLoadedDirectly == true)
        #expect(report.table("child")?.indexesRebuilt == 2)
        #expect(report.totals.inserted == 3020)
      }
    }

    @Test func `a role that does not own the table keeps its indexes`() async throws {
      let other = "CREATE ROLE \"{owner}\"; ALTER TABLE child OWNER TO \"{owner}\"; GRANT ALL ON child TO \"{user}\";"
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let database = try await scenario.target.value("SELECT current_database()")
        let random = String(UInt64.random(in: .min ... .max), radix: 36)
        let (user, owner) = ("user_\(random)", "owner_\(random)")
        try await scenario.target.run(
          """
          CREATE ROLE "\(user)" LOGIN; GRANT CREATE ON DATABASE "\(database)" TO "\(user)";
          GRANT ALL ON ALL TABLES IN SCHEMA public TO "\(user)"; GRANT ALL ON SCHEMA public TO "\(user)";
          """
            + other.replacing("{owner}", with: owner).replacing("{user}", with: user))
        var configuration = configuration(scenario)
        configuration.target.connection += " user=\(user)"
        let plan = PlanSummary(try await Sync(configuration).plan())
        let load = plan.tables.first { $0.table == "child" }?.load
        #expect(load?.contains("keeps child_name, because we do not own the table") == true)
        let report = try await scenario.sync(configuration)
        #expect(report.table("child")?.isLoadedDirectly == true)
        #expect(report.table("child")?.indexesRebuilt == nil)
      }
    }
  }
}
