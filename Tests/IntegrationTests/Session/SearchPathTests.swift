import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Whose objects our sessions find without a schema, and what `session` says about it.
  @Suite struct SearchPathTests {
    /// A target whose trigger on `t` writes to a table of the schema `app`, which it names without that; the path of both
    /// databases names the schema.
    private func withTrigger<R: Sendable>(
      _ flaw: String, path: String = "app, public", _ body: (Scenario, SyncConfiguration) async throws -> R
    ) async throws -> R {
      let schema = "CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO {role};"
      let precheck = Precheck(
        name: "path", source: Precheck(name: "", says: []).source + "; GRANT SELECT ON t TO {role}",
        flaw: """
          \(schema) CREATE TABLE app.log (v text); GRANT INSERT ON app.log TO {role}; CREATE ROLE {role}_other;
          CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO log VALUES (NEW.v); RETURN NEW; END $$;
          CREATE TRIGGER note AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note();
          ALTER DATABASE "{database}" SET search_path = \(path); \(flaw)
          """ + Precheck.rights, asRole: [.source, .target], says: [],
        cleanUp: "ALTER DATABASE \"{database}\" RESET ALL; DROP OWNED BY {role}_other; DROP ROLE {role}_other")
      return try await precheck.prepared(body)
    }

    @Test(arguments: [
      "", "GRANT CREATE ON SCHEMA app TO {role}",
      "CREATE ROLE {role}_g; GRANT {role}_g TO {role}; "
        + "GRANT CREATE ON SCHEMA app TO {role}_g; ALTER ROLE {role}_g SET work_mem = '4MB'",
    ])
    func `a schema in which nobody else may create is found`(_ grant: String) async throws {
      let group = grant.contains("{role}_g") ? "" : "CREATE ROLE {role}_g;"
      try await withTrigger("\(group) \(grant)") { scenario, configuration async throws in
        let report = try await scenario.sync(configuration)
        #expect(report.outcome == .success, "\(report.tables.compactMap(\.error))")
        #expect(!report.notices.contains { $0.contains("search_path") })
        #expect(try await scenario.target.value("SELECT v FROM app.log") == "new")
        try await scenario.target.run(
          "DROP OWNED BY role_\(scenario.source.name)_g; DROP ROLE role_\(scenario.source.name)_g")
      }
    }

    @Test(arguments: [
      ("GRANT CREATE ON SCHEMA app TO PUBLIC", "app (PUBLIC)"),
      ("GRANT CREATE ON SCHEMA app TO {role}_other", "app (role_"),
      ("ALTER SCHEMA app OWNER TO pg_database_owner; GRANT CREATE ON SCHEMA app TO PUBLIC", "app (PUBLIC)"),
    ])
    func `a schema in which others may create is left out, unless session names it`(
      _ grant: String, _ says: String
    ) async throws {
      try await withTrigger(grant) { scenario, configuration async throws in
        let report = try await scenario.sync(configuration)
        let notice = report.notices.first { $0.contains("search_path") } ?? ""
        #expect(notice.contains("1 schema was left out of the search_path of our sessions on the target"))
        #expect(notice.contains(says) && notice.contains("REVOKE CREATE ON SCHEMA \"app\" FROM "), "\(notice)")
        #expect(PlanSummary(try await Sync(configuration).plan()).notices.contains(notice))
        let error = report.table("t")?.error ?? ""
        #expect(report.table("t")?.status == .failed)
        #expect(error.contains("The function note() of the database names it"), "\(error)")
        #expect(error.contains("ALTER FUNCTION note() SET search_path"), "\(error)")
        var named = configuration
        named.target.session = [SessionWish(name: "search_path", value: "app, public")]
        let again = try await scenario.sync(named)
        #expect(again.outcome == .success, "\(again.tables.compactMap(\.error))")
        #expect(!again.notices.contains { $0.contains("search_path") })
      }
    }

    @Test func `a schema of the source in which others may create is left out, too`() async throws {
      let source = "CREATE SCHEMA loose; GRANT CREATE ON SCHEMA loose TO PUBLIC; \(Scenario.people)"
      try await withScenario(source: source, target: Scenario.appPeople) { scenario async throws in
        var configuration = scenario.configuration("people")
        configuration.source.connection += " options='-c search_path=loose,public'"
        let notices = try await Sync(configuration).plan().notices
        #expect(notices.contains { $0.contains("our sessions on the source") && $0.contains("loose (PUBLIC)") })
      }
    }

    @Test func `session sets what the databases' code sees`() async throws {
      let target = """
        \(Scenario.appPeople) CREATE TABLE log (zone text, tenant text);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          INSERT INTO public.log VALUES (current_setting('TimeZone'), current_setting('app.tenant')); RETURN NEW; END $$;
        CREATE TRIGGER note AFTER INSERT ON people FOR EACH ROW EXECUTE FUNCTION note();
        """
      try await withScenario(source: Scenario.people, target: target) { scenario async throws in
        var configuration = scenario.configuration("people")
        configuration.target.session = [
          SessionWish(name: "timezone", value: "Asia/Kolkata"), SessionWish(name: "app.tenant", value: "7"),
        ]
        #expect(try await scenario.sync(configuration).outcome == .success)
        #expect(try await scenario.target.rows("SELECT DISTINCT zone, tenant FROM log") == [["Asia/Kolkata", "7"]])
      }
    }

    @Test func `settings that the server or pgtide does not let session have are refused by name`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        var configuration = scenario.configuration("people")
        configuration.source.session = [SessionWish(name: "Client_Encoding", value: "LATIN1")]
        configuration.target.session = [
          ("TimeZon", "UTC"), ("TimeZone", "Mars/Olympus"), ("session_replication_role", "replica"),
          ("lock_timeout", "1s"), ("transaction_isolation", "serializable"), ("max_connections", "7"),
        ].map { SessionWish(name: $0.0, value: $0.1) }
        let refusal = await #expect(throws: PlanRefusal.self) { try await Sync(configuration).plan() }
        let text = refusal?.description ?? ""
        #expect(refusal?.problems.count == 7, "\(text)")
        for part in [
          "`session` sets Client_Encoding on the source, which pgtide itself sets",
          "`session` sets TimeZon, which the target does not know. Did you mean TimeZone?",
          "the target does not take the TimeZone of `session`", "`session` sets session_replication_role on the target",
          "Say lock_timeout under `defaults`", "`session` sets transaction_isolation on the target",
          "the target does not take the max_connections of `session`",
        ] { #expect(text.contains(part), "\(part)\n\(text)") }
      }
    }
  }
}
