import EphemeralPostgres
import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

extension Integration {
  /// What pgtide makes is its owner's alone, whatever the target gives away.
  @Suite struct OwnRightsTests {
    enum Maker: String, Sendable, CaseIterable {
      case firstLoad, throughStages, dryRun, initMetadata, printed

      fileprivate func make(_ hosted: Hosted) async throws {
        switch self {
        case .firstLoad: _ = try await hosted.sync()
        case .throughStages:
          _ = try await hosted.sync { configuration in
            configuration.settings.directLoad = .never
            configuration.settings.digest = .never
          }
        case .dryRun: _ = try await hosted.sync(Sync.Options(isDryRun: true))
        case .initMetadata: _ = try await Sync(hosted.configuration()).initializeMetadata(isPrintOnly: false)
        case .printed: try await hosted.runPrinted()
        }
      }
    }

    @Test(arguments: HostHabit.givingRights, Maker.allCases)
    func `nobody else has a right on what was made`(_ habit: HostHabit, _ maker: Maker) async throws {
      try await withHosted { hosted async throws in
        try await hosted.run(habit.script)
        try await maker.make(hosted)
        #expect(try await hosted.value("SELECT count(*) > 3 FROM pg_tables WHERE schemaname = 'pgtide'") == "t")
        #expect(try await hosted.othersRights() == [])
      }
    }

    @Test func `the habits that are tried do give rights on other tables`() async throws {
      for habit in HostHabit.givingRights {
        try await withHosted { hosted async throws in
          try await hosted.run(habit.script)
          try await hosted.run("SET ROLE {loader}; CREATE TABLE public.made (id int)")
          let query = """
            SELECT count(*) > 0 FROM pg_class c LEFT JOIN pg_attribute f ON f.attrelid = c.oid,
              aclexplode(COALESCE(f.attacl, c.relacl)) a WHERE c.relname = 'made' AND a.grantee <> c.relowner
            """
          #expect(try await hosted.value(query) == "t", "\(habit.testDescription)")
        }
      }
    }

    @Test func `rejected rows are not for a role that reads every table`() async throws {
      try await withHosted(source: Hosted.source + "INSERT INTO item VALUES (7, 'geheim')") { hosted async throws in
        try await hosted.run(HostHabit.givingRights[1].script)
        #expect(try await hosted.sync().totals.rejected == 2)
        let rejects = "SELECT count(*) FROM pgtide.rejects WHERE row_data->>'v' = 'geheim'"
        #expect(try await hosted.value(rejects) == "2")
        #expect(try await hosted.value(rejects, as: "anon") == "")
      }
    }

    @Test func `a right that was given on purpose stays, and is warned of with the way to take it back`() async throws {
      try await withHosted { hosted async throws in
        #expect(try await hosted.sync().warnings == [])
        try await hosted.run(
          "GRANT USAGE ON SCHEMA pgtide TO {anon}; GRANT SELECT (run_id), INSERT ON pgtide.runs TO {anon}")
        let given = try await hosted.othersRights()
        #expect(given.count == 3)
        let warnings = try await hosted.sync().warnings
        #expect(warnings.count == 1)
        let warning = try #require(warnings.first)
        for part in ["{anon}", "USAGE on the schema pgtide", "INSERT, SELECT (run_id) on pgtide.runs"] {
          #expect(warning.contains(hosted.fill(part)))
        }
        try await hosted.runPrinted()
        #expect(try await hosted.othersRights() == given)
        let advice = try #require(warning.split(separator: "To take them back: ").last)
        try await hosted.run("SET ROLE {loader}; \(advice)")
        #expect(try await hosted.sync().warnings == [])
      }
    }

    @Test func `rights on a status table that was there are warned of, for everybody and for one`() async throws {
      let status = """
        CREATE TABLE _sync_metadata (table_name text, last_sync_timestamp timestamptz, records_synced int,
          sync_status text, error_message text, updated_at timestamptz);
        ALTER TABLE _sync_metadata OWNER TO {loader};
        GRANT SELECT ON _sync_metadata TO PUBLIC; GRANT TRIGGER, UPDATE (sync_status) ON _sync_metadata TO {anon};
        """
      try await withHosted(target: Hosted.target + status) { hosted async throws in
        let warnings = try await hosted.sync().warnings
        #expect(warnings.count == 2)
        #expect(
          warnings.first?.hasPrefix("everybody (PUBLIC) has rights on the status table public._sync_metadata: SELECT.")
            == true)
        #expect(warnings.last?.contains("public._sync_metadata: TRIGGER, UPDATE (sync_status)") == true)
        for warning in warnings {
          try await hosted.run("\(warning.split(separator: "To take them back: ").last ?? "")")
        }
        #expect(try await hosted.sync().warnings == [])
      }
    }

    @Test(arguments: [false, true])
    func `tables that an event trigger gives to another owner are taken back, where that may be`(isDryRun: Bool)
      async throws
    {
      let give = HostHabit.eventTrigger(
        "EXECUTE pg_catalog.format('ALTER TABLE %s OWNER TO {house}', r.object_identity)",
        when: "WHEN TAG IN ('CREATE TABLE')")
      try await withHosted(target: Hosted.target + "GRANT {house} TO {loader};" + give) { hosted async throws in
        let report = try await hosted.sync(Sync.Options(isDryRun: isDryRun))
        #expect(report.outcome == .success)
        #expect(report.totals.inserted == 3)
        let owners = """
          SELECT string_agg(DISTINCT tableowner, ', ') FROM pg_tables
          WHERE schemaname = 'pgtide' OR tablename = '_sync_metadata'
          """
        #expect(try await hosted.value(owners) == hosted.role("loader"))
        #expect(try await hosted.sync().outcome == .success)
      }
    }

    @Test(arguments: [false, true])
    func `where they cannot be taken back, the owner and the event trigger are named`(isDryRun: Bool) async throws {
      let give = HostHabit.eventTrigger(
        "EXECUTE pg_catalog.format('ALTER TABLE %s OWNER TO {house}', r.object_identity)",
        when: "WHEN TAG IN ('CREATE TABLE')")
      try await withHosted(target: Hosted.target + give) { hosted async throws in
        let error = await #expect(throws: ServerError.self) {
          try await hosted.sync(Sync.Options(isDryRun: isDryRun))
        }
        #expect(error?.message.hasPrefix("pgtide.runs belongs to \(hosted.role("house")), not to ") == true)
        #expect(error?.message.hasSuffix("the event triggers of the database are habit") == true)
        #expect(error?.advice?.contains("event trigger") == true)
        #expect(try await hosted.value("SELECT count(*) FROM item") == "0")
      }
    }

    @Test func `rights that an event trigger gives again as soon as they are taken end the run`() async throws {
      let again = """
        CREATE FUNCTION again() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
          EXECUTE 'GRANT SELECT ON ALL TABLES IN SCHEMA pgtide TO {anon}'; END $$;
        CREATE EVENT TRIGGER again ON ddl_command_end WHEN TAG IN ('REVOKE', 'CREATE TABLE') EXECUTE FUNCTION again();
        """
      try await withHosted(target: Hosted.target + again) { hosted async throws in
        let error = await #expect(throws: ServerError.self) { try await hosted.sync() }
        #expect(error?.message.contains("the rights of \(hosted.role("anon")) on pgtide.") == true)
        #expect(error?.message.contains("event triggers of the database are again") == true)
      }
    }

    @Test(arguments: [
      ("", true), ("GRANT SELECT ON t TO {anon};", false),
      (
        "GRANT CREATE ON SCHEMA pgtide TO {other}; ALTER TABLE t OWNER TO {other}; REVOKE ALL ON SCHEMA pgtide FROM {other};",
        false
      ),
    ])
    func `where nothing on the target gives rights, those that come all the same end the transaction`(
      _ meanwhile: String, isLeftAlone: Bool
    ) async throws {
      try await withHosted { hosted async throws in
        let rights = OwnRights(tables: [QualifiedName("pgtide", "t")], makesSchema: true, isGuarded: false)
        let script = """
          GRANT {other} TO {loader}; SET ROLE {loader}; BEGIN; \(rights.standing.script) CREATE SCHEMA pgtide;
          SET LOCAL search_path = pgtide; CREATE TABLE t (); \(meanwhile) \(rights.take.script) COMMIT
          """
        if isLeftAlone {
          try await hosted.run(script)
        } else {
          let error = await #expect(throws: (any Error).self) { try await hosted.run(script) }
          #expect(error.map { "\($0)".contains(OwnRights.isChanged) } == true)
        }
      }
    }

    @Test(arguments: HostHabit.givingRights)
    func `what begins to give rights between the plan and the stages gives none on them`(
      _ habit: HostHabit
    ) async throws {
      try await withHosted { hosted async throws in
        _ = try await hosted.sync()
        let plan = try await Sync(hosted.configuration()).plan()
        #expect(!plan.privateSchema.isGuarded)
        try await hosted.run(habit.script)
        let end = hosted.configuration().target
        let options = ConnectionOptions(label: "loader", connectionString: end.connection, applicationName: "loader")
        try await Postgres.withConnection(options) { loader in
          try await PrivateSchema.makeStages(
            for: plan.tables, facts: plan.privateSchema, on: loader, lockMustBeHeld: "SELECT")
        }
        #expect(try await hosted.value("SELECT count(*) FROM pg_tables WHERE tablename ~ '^(stage|delta)_'") == "2")
        #expect(try await hosted.othersRights() == [])
      }
    }

    @Test func `what may give rights on new tables is seen beforehand`() async throws {
      let habits = HostHabit.givingRights.map(\.script) + [""]
      for (place, habit) in habits.enumerated() {
        try await withHosted { hosted async throws in
          try await hosted.run("\(habit);")
          let query = "SET ROLE {loader}; SELECT \(OwnRights.isGuarded.text)"
          #expect(try await hosted.value(query) == (place < habits.count - 1 ? "t" : "f"))
        }
      }
    }

    @Test func `a role that the configuration sets is the one that the plan speaks of`() async throws {
      let grants = """
        GRANT {other} TO {loader}; REVOKE ALL ON item FROM {loader};
        GRANT CREATE ON DATABASE "{database}" TO {other}; GRANT CREATE ON SCHEMA public TO {other};
        """
      try await withHosted(target: Hosted.target + grants) { hosted async throws in
        let setRole: (inout SyncConfiguration) -> Void = {
          $0.target.session = [SessionWish(name: "role", value: hosted.role("other"))]
        }
        let refusal = await #expect(throws: PlanRefusal.self) { try await hosted.sync(Sync.Options(), setRole) }
        #expect(refusal?.problems.contains { $0.problem.contains(hosted.role("other")) } == true)
        #expect(refusal?.problems.contains { $0.description.contains(hosted.role("loader")) } == false)
        try await hosted.run("GRANT SELECT, INSERT, UPDATE ON item TO {other}")
        #expect(try await hosted.sync(Sync.Options(), setRole).totals.inserted == 3)
      }
    }

    @Test func `an event trigger that gives rights before each statement is seen beforehand`() async throws {
      let early = """
        CREATE FUNCTION early() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ DECLARE t regclass; BEGIN
          FOR t IN SELECT oid FROM pg_class WHERE relname ~ '^(stage|delta)_' AND relkind = 'r' LOOP
            EXECUTE format('GRANT SELECT ON %s TO {anon}', t); END LOOP; END $$;
        CREATE EVENT TRIGGER early ON ddl_command_start WHEN TAG IN ('CREATE TABLE', 'COMMENT') EXECUTE FUNCTION early();
        """
      try await withHosted(target: Hosted.target + early) { hosted async throws in
        #expect(try await hosted.sync().outcome == .success)
        #expect(try await hosted.othersRights() == [])
      }
    }
  }
}
