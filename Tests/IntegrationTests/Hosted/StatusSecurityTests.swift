import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Where the status table stands, and who sees its rows.
  @Suite struct StatusSecurityTests {
    private static let isSecured = "SELECT relrowsecurity FROM pg_class WHERE oid = '_sync_metadata'::regclass"

    @Test func `in a schema of the users' a reader sees no row before a policy lets it in`() async throws {
      try await withHosted { hosted async throws in
        _ = try await hosted.sync()
        #expect(try await hosted.value(Self.isSecured) == "t")
        try await hosted.run("GRANT SELECT ON _sync_metadata TO {anon}")
        let rows = "SELECT table_name FROM public._sync_metadata"
        #expect(try await hosted.value(rows, as: "anon") == "")
        let unmeant = try await hosted.sync()
        #expect(unmeant.warnings.count == 1 && unmeant.notices.isEmpty)
        try await hosted.run("CREATE POLICY dashboard ON _sync_metadata FOR SELECT TO {anon} USING (true)")
        #expect(try await hosted.value(rows, as: "anon") == "item")
        let meant = try await hosted.sync()
        #expect(meant.warnings.isEmpty && meant.notices.count == 1)
      }
    }

    @Test func `whoever may write it in spite of that is no superuser, nor its owner`() async throws {
      try await withHosted { hosted async throws in
        try await hosted.runPrinted()
        #expect(try await hosted.value(Self.isSecured) == "t")
        #expect(try await hosted.sync().outcome == .success)
        #expect(try await hosted.value("SELECT sync_status FROM _sync_metadata") == "success")
        try await hosted.run("CREATE POLICY narrow ON _sync_metadata AS RESTRICTIVE TO {loader} USING (false)")
        let refusal = await #expect(throws: PlanRefusal.self) { try await hosted.sync() }
        #expect(refusal?.problems.first?.problem.contains("has row-level security, which hides rows") == true)
      }
    }

    @Test func `one that was there keeps its rights and its row-level security`() async throws {
      let status = """
        CREATE TABLE _sync_metadata (table_name text, last_sync_timestamp timestamptz, records_synced int,
          sync_status text, error_message text, updated_at timestamptz);
        GRANT ALL ON _sync_metadata TO {loader}, {anon};
        """
      try await withHosted(target: Hosted.target + status) { hosted async throws in
        try await hosted.runPrinted()
        _ = try await hosted.sync()
        #expect(try await hosted.value(Self.isSecured) == "f")
        #expect(try await hosted.othersRights().contains { $0.hasSuffix("INSERT") })
      }
    }

    // MARK: - In the schema pgtide

    private static func beside(_ configuration: inout SyncConfiguration) {
      configuration.metadata = MetadataConfiguration(table: "sync_status", schema: "pgtide")
    }

    private let status = "SELECT table_name || ' ' || sync_status FROM pgtide.sync_status"

    @Test func `it can stand beside the history, on a target where no run has been`() async throws {
      try await withHosted { hosted async throws in
        #expect(try await Sync(hosted.configuration(Self.beside)).plan().tables.count == 1)
        for _ in 1...2 { #expect(try await hosted.sync(Sync.Options(), Self.beside).outcome == .success) }
        #expect(try await hosted.value(status) == "item success")
        #expect(try await hosted.value("SELECT relrowsecurity FROM pg_class WHERE relname = 'sync_status'") == "f")
      }
    }

    @Test func `init-metadata makes it there`() async throws {
      try await withHosted { hosted async throws in
        _ = try await Sync(hosted.configuration(Self.beside)).initializeMetadata(isPrintOnly: false)
        #expect(try await hosted.value(status) == "item pending")
        #expect(try await hosted.sync(Sync.Options(), Self.beside).outcome == .success)
      }
    }

    @Test func `so do the printed statements`() async throws {
      try await withHosted { hosted async throws in
        try await hosted.run(#"REVOKE CREATE ON DATABASE "{database}" FROM {loader}"#)
        try await hosted.runPrinted(Self.beside)
        #expect(try await hosted.value(status) == "item pending")
        #expect(try await hosted.sync(Sync.Options(), Self.beside).outcome == .success)
        #expect(try await hosted.value(status) == "item success")
      }
    }

    @Test(arguments: ["runs", "rejects", "stage_forward_public_item", "delta_x"])
    func `it cannot have the name of a table of pgtide's own`(name: String) async throws {
      try await withHosted { hosted async throws in
        let refusal = await #expect(throws: PlanRefusal.self) {
          try await hosted.sync { configuration in
            configuration.metadata = MetadataConfiguration(table: ObjectName(name), schema: "pgtide")
          }
        }
        #expect(refusal?.problems.map { $0.problem.contains("would be a table of pgtide's own") } == [true])
      }
    }
  }
}
