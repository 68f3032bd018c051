import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// What looks like a flaw, and is none; and what is only worth a remark.
  @Suite struct PrecheckPassTests {
    private func demandSuccess(_ setting: Precheck) async throws {
      try await setting.prepared { scenario, configuration async throws in
        #expect(try await scenario.sync(configuration).outcome == .success)
        #expect(try await scenario.target.value("SELECT v FROM t WHERE id = 1") == "new")
      }
    }

    @Test func `a target's role needs no more than the rights that are documented`() async throws {
      try await demandSuccess(Precheck(name: "rights", flaw: Precheck.rights, asRole: [.target], says: []))
    }

    @Test func `a source's role may read by columns, in one stream`() async throws {
      let setting = Precheck(
        name: "columns",
        source:
          "CREATE TABLE t (id int, v text, pay int); INSERT INTO t VALUES (1, 'new'); GRANT SELECT (id, v) ON t TO {role}",
        asRole: [.source], says: [])
      try await demandSuccess(setting)
      try await setting.prepared { _, configuration async throws in
        let plan = PlanSummary(try await Sync(configuration).plan())
        #expect(plan.tables[0].oneStreamBecause == "only some of its columns may be read")
      }
    }

    @Test func `the statements for a DBA are printed to a user who may create nothing`() async throws {
      let flaw =
        Precheck.rights
        + #"REVOKE CREATE ON DATABASE "{database}" FROM {role}; REVOKE CREATE ON SCHEMA public FROM {role}"#
      let setting = Precheck(name: "DBA", flaw: flaw, asRole: [.target], says: [])
      try await setting.prepared { scenario, configuration async throws in
        let sync = Sync(configuration)
        await #expect(throws: PlanRefusal.self) { try await sync.initializeMetadata(isPrintOnly: false) }
        let script = try await sync.initializeMetadata(isPrintOnly: true)
        try await scenario.target.run(script.joined(separator: "\n"))
        #expect(try await scenario.sync(configuration).outcome == .success)
        // What belongs to the role of the run goes with it.
        try await scenario.target.run("DROP SCHEMA pgtide CASCADE; DROP TABLE _sync_metadata")
      }
    }

    @Test func `a publication that publishes inserts only is no obstacle`() async throws {
      try await demandSuccess(
        Precheck(
          name: "inserts",
          target: """
            CREATE TABLE t (id int, v text, source text); CREATE UNIQUE INDEX ON t (id); INSERT INTO t VALUES (1, 'old', 'D');
            CREATE PUBLICATION pub FOR TABLE t WITH (publish = 'insert')
            """,
          configure: { $0.tables[0].key = ["id"] }, says: [], cleanUp: "DROP PUBLICATION pub"))
    }

    @Test(.needs(.targetVersion(15)))
    func `a key whose index takes NULL for a value works, and NULLs are rejected`() async throws {
      let setting = Precheck(
        name: "nulls", source: "CREATE TABLE t (id int, v text); INSERT INTO t VALUES (1, 'new'), (NULL, 'none')",
        target: """
          CREATE TABLE t (id int, v text, source text); CREATE UNIQUE INDEX ON t (id) NULLS NOT DISTINCT;
          INSERT INTO t VALUES (NULL, 'app', 'M')
          """,
        configure: { $0.tables[0].key = ["id"] }, says: [])
      try await setting.prepared { scenario, configuration async throws in
        let report = try await scenario.sync(configuration)
        #expect(report.table("t")?.rejectReasons == ["NULL in the key": 1])
        #expect(report.table("t")?.notices.contains { $0.contains("takes NULL for a value") } == true)
        #expect(try await scenario.target.rows("SELECT v FROM t ORDER BY id") == [["new"], ["app"]])
      }
    }

    @Test func `a status table that takes no new rows is remarked`() async throws {
      let flaw = """
        CREATE TABLE _sync_metadata (table_name text, last_sync_timestamp timestamptz, records_synced int,
          sync_status text, error_message text, updated_at timestamptz, owner text NOT NULL);
        INSERT INTO _sync_metadata (table_name, owner) VALUES ('t', 'me')
        """
      try await Precheck(name: "owner", flaw: flaw, says: []).prepared { scenario, configuration async throws in
        let report = try await scenario.sync(configuration)
        #expect(report.outcome == .success)
        #expect(report.notices.contains { $0.contains("its column owner must not be NULL") })
      }
    }

    @Test func `connections that are used up at the moment are remarked, with their number`() async throws {
      let source = "CREATE TABLE t (id int, v text); GRANT SELECT ON t TO {role}; ALTER ROLE {role} CONNECTION LIMIT 3"
      try await Precheck(name: "used up", source: source, asRole: [.source], says: []).prepared {
        scenario, configuration async throws in
        func planned(beside application: String) async throws -> SyncPlan {
          let others = ConnectionOptions(
            label: "others", connectionString: configuration.source.connection, applicationName: application)
          return try await withConnection(others) { _ in
            try await withConnection(others) { _ in try await Sync(configuration).plan() }
          }
        }
        let plan = try await planned(beside: "office")
        #expect(plan.notices.contains { $0.contains("the source has 0 connections left for the role role_") })
        #expect(plan.notices.contains { $0.contains("(3 of 3 are open), and the run needs one more") })
        // A run's workers, which connect while it plans.
        #expect(try await !planned(beside: "pgtide forward").notices.contains { $0.contains("connections left") })
      }
    }
  }
}
