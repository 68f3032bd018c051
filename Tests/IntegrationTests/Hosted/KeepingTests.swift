import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// What pgtide keeps is refused where somebody else's code would run with its rights.
  @Suite struct KeepingTests {
    /// A trigger function of `{other}` that notes whose rights it runs with.
    private static let spy = """
      CREATE SCHEMA seen AUTHORIZATION {other}; GRANT USAGE ON SCHEMA seen TO PUBLIC; SET ROLE {other};
      CREATE TABLE seen.by (who text); GRANT INSERT ON seen.by TO PUBLIC;
      CREATE FUNCTION seen.spy() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO seen.by VALUES (current_user); RETURN NEW; END $$;
      CREATE FUNCTION seen.gift() RETURNS text LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO seen.by VALUES (current_user); RETURN ''; END $$;
      RESET ROLE;
      """
    private static let status = """
      CREATE TABLE _sync_metadata (table_name text, last_sync_timestamp timestamptz, records_synced int,
        sync_status text, error_message text, updated_at timestamptz);
      GRANT SELECT, INSERT, UPDATE ON _sync_metadata TO {loader};
      """

    struct Flaw: Sendable, CustomTestStringConvertible {
      let testDescription: String
      /// Run when the printed statements have made everything.
      let script: String
      let says: String
    }

    static let flaws = [
      Flaw(
        testDescription: "a schema of another role, with tables of theirs",
        script: """
          ALTER SCHEMA pgtide OWNER TO {other}; ALTER TABLE pgtide.runs OWNER TO {other}; SET ROLE {other};
          GRANT ALL ON SCHEMA pgtide TO {loader}; GRANT ALL ON pgtide.runs TO {loader};
          CREATE TRIGGER spy BEFORE INSERT ON pgtide.runs FOR EACH ROW EXECUTE FUNCTION seen.spy();
          """, says: "the schema pgtide on the target belongs to {other}"),
      Flaw(
        testDescription: "a schema of a role that pgtide's own is a member of",
        script: "GRANT {house} TO {loader}; ALTER SCHEMA pgtide OWNER TO {house}",
        says: "the schema pgtide on the target belongs to {house}"),
      Flaw(
        testDescription: "a table of another role",
        script: "ALTER TABLE pgtide.rejects OWNER TO {other}; GRANT ALL ON pgtide.rejects TO {loader}",
        says: "pgtide.rejects on the target belongs to {other}"),
      Flaw(
        testDescription: "a stage of another role",
        script:
          "CREATE TABLE pgtide.stage_forward_public_item (); ALTER TABLE pgtide.stage_forward_public_item OWNER TO {other}",
        says: "pgtide.stage_forward_public_item on the target belongs to {other}"),
      Flaw(
        testDescription: "a view in place of a table",
        script: """
          ALTER TABLE pgtide.run_tables RENAME TO real; CREATE VIEW pgtide.run_tables AS SELECT * FROM pgtide.real;
          ALTER VIEW pgtide.run_tables OWNER TO {other};
          """, says: "pgtide.run_tables on the target is no table, but a view of {other}"),
      Flaw(
        testDescription: "a trigger of who had the right to it",
        script: """
          GRANT USAGE ON SCHEMA pgtide TO {other}; GRANT TRIGGER ON pgtide.runs TO {other}; SET ROLE {other};
          CREATE TRIGGER spy BEFORE INSERT OR UPDATE ON pgtide.runs FOR EACH ROW EXECUTE FUNCTION seen.spy();
          """,
        says: "the trigger spy of pgtide.runs on the target calls the function seen.spy of {other}"),
      Flaw(
        testDescription: "a trigger of theirs on the status table",
        script: status + """
          GRANT TRIGGER ON _sync_metadata TO {other}; SET ROLE {other};
          CREATE TRIGGER spy BEFORE INSERT OR UPDATE ON public._sync_metadata FOR EACH ROW EXECUTE FUNCTION seen.spy();
          """,
        says: "the trigger spy of public._sync_metadata on the target calls the function seen.spy of {other}"),
      Flaw(
        testDescription: "a status table of theirs", script: status + "ALTER TABLE _sync_metadata OWNER TO {other}",
        says: "the status table public._sync_metadata belongs to {other}"),
      Flaw(
        testDescription: "a default that calls a function of theirs",
        script: status + "ALTER TABLE _sync_metadata ADD gift text DEFAULT seen.gift()",
        says: "a default of public._sync_metadata on the target calls the function seen.gift of {other}"),
    ]

    @Test(arguments: flaws)
    func `it is refused by whose it is, and no code of theirs has run`(_ flaw: Flaw) async throws {
      try await withHosted(target: Hosted.target + Self.spy) { hosted async throws in
        let hasStatus = flaw.script.contains("_sync_metadata")
        try await hosted.runPrinted { if hasStatus { $0.metadata.enabled = false } }
        try await hosted.run(flaw.script)
        for isDryRun in [true, false] {
          let refusal = await #expect(throws: PlanRefusal.self) {
            try await hosted.sync(Sync.Options(isDryRun: isDryRun))
          }
          #expect(
            refusal?.problems.contains { $0.problem.contains(hosted.fill(flaw.says)) } == true,
            "\(refusal?.description ?? "")")
        }
        #expect(try await hosted.value("SELECT count(*) FROM seen.by") == "0")
      }
    }

    @Test func `what somebody else makes while the run begins is refused as well`() async throws {
      try await withHosted { hosted async throws in
        let options = ConnectionOptions(label: "other", connectionString: hosted.scenario.target.connectionString)
        let error = try await Postgres.withConnection(options) { other in
          let schema = "CREATE SCHEMA pgtide AUTHORIZATION {other}"
          try await other.batch(["BEGIN", SQL(raw: hosted.fill(schema))])
          try await other.query(SQL(raw: hosted.fill("GRANT ALL ON SCHEMA pgtide TO {loader}")))
          let run = Task { try await hosted.sync() }
          try await hosted.scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await other.query("COMMIT")
          return await #expect(throws: ServerError.self) { try await run.value }
        }
        let says = hosted.fill("pgtide has been made meanwhile, and belongs to {other}")
        #expect(error?.message == says)
        #expect(try await hosted.value("SELECT count(*) FROM pg_tables WHERE schemaname = 'pgtide'") == "0")
      }
    }

    @Test func `what the database's owner has made with the printed statements is used`() async throws {
      try await withHosted(target: Hosted.target + #"ALTER DATABASE "{database}" OWNER TO {other};"#) {
        hosted async throws in
        try await hosted.run("GRANT CREATE ON SCHEMA public TO {other}")
        try await hosted.runPrinted(as: "other")
        #expect(try await hosted.sync().outcome == .success)
        #expect(try await hosted.sync().totals.unchanged == 3)
        let query = "SELECT sync_status FROM public._sync_metadata"
        #expect(try await hosted.value(query) == "success")
      }
    }

    @Test func `an owner of the synced tables may own the status table, and its trigger`() async throws {
      let trigger = """
        ALTER TABLE item OWNER TO {other}; ALTER TABLE _sync_metadata OWNER TO {other};
        CREATE TRIGGER spy BEFORE INSERT ON _sync_metadata FOR EACH ROW EXECUTE FUNCTION seen.spy();
        """
      try await withHosted(target: Hosted.target + Self.spy + Self.status + trigger) { hosted async throws in
        #expect(try await hosted.sync().outcome == .success)
        #expect(try await hosted.value("SELECT DISTINCT who FROM seen.by") == hosted.role("loader"))
      }
    }

    // MARK: - Row-level security

    private static let secure = HostHabit.eventTrigger(
      """
      EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', r.object_identity)
      """, when: "WHEN TAG IN ('CREATE TABLE')")

    @Test(arguments: [false, true])
    func `row-level security that a host turns on hides nothing from a run`(isPrinted: Bool) async throws {
      try await withHosted(target: Hosted.target + Self.secure) { hosted async throws in
        if isPrinted { try await hosted.runPrinted() }
        for _ in 1...2 { #expect(try await hosted.sync().outcome == .success) }
        #expect(try await hosted.value("SELECT count(*) FROM pgtide.runs WHERE status = 'success'") == "2")
        #expect(try await hosted.value("SELECT sync_status FROM _sync_metadata") == "success")
      }
    }

    @Test func `a history whose rows are hidden is refused, with the table's name`() async throws {
      try await withHosted { hosted async throws in
        try await hosted.runPrinted()
        try await hosted.run("ALTER TABLE pgtide.rejects ENABLE ROW LEVEL SECURITY")
        let refusal = await #expect(throws: PlanRefusal.self) { try await hosted.sync() }
        #expect(
          refusal?.problems.map(\.problem)
            == [hosted.fill("row-level security would hide rows of pgtide.rejects on the target from {loader}")])
        try await hosted.run(refusal?.problems.first?.advice.split(separator: ":").first.map(String.init) ?? "")
        #expect(try await hosted.sync().outcome == .success)
      }
    }

    // MARK: - Publications

    @Test func `a publication of all tables is warned of before there is a history`() async throws {
      try await withHosted(target: Hosted.target + "CREATE PUBLICATION everything FOR ALL TABLES") {
        hosted async throws in
        let plan = try await Sync(hosted.configuration()).plan()
        #expect(plan.warnings.map { $0.hasPrefix("the publication everything carries all tables") } == [true])
      }
    }

    @Test func `a publication that carries rejects is warned of, with what takes them out`() async throws {
      try await withHosted { hosted async throws in
        _ = try await hosted.sync()
        try await hosted.run("CREATE PUBLICATION feed FOR TABLE pgtide.rejects, item")
        let warnings = try await hosted.sync().warnings
        #expect(warnings.map { $0.hasPrefix("the publication feed carries pgtide.rejects: ") } == [true])
        let advice = warnings.first?.split(separator: "To leave them out: ").last?.split(separator: ", or").first ?? ""
        try await hosted.run(String(advice))
        #expect(try await hosted.sync().warnings == [])
      }
    }
  }
}
