import EphemeralPostgres
import PGTide
import Testing

/// A target as hosts set it up: pgtide's own role is no superuser, and there are roles of others.
///
/// In scripts, `{loader}`, `{anon}`, `{other}` and `{house}` are roles of the test's own, and `{database}` the target.
struct Hosted: Sendable {
  let scenario: Scenario

  private static let roles = ["loader", "anon", "other", "house"]

  static let source = "CREATE TABLE item (id int, v text); INSERT INTO item VALUES (1, 'a'), (2, 'b'), (7, 'geheim');"
  static let target = """
    CREATE TABLE item (id int PRIMARY KEY, v text, source char(1));
    GRANT SELECT, INSERT, UPDATE ON item TO {loader};
    GRANT CREATE ON DATABASE "{database}" TO {loader}; GRANT CREATE ON SCHEMA public TO {loader};
    """

  func role(_ name: String) -> String { "\(name)_\(scenario.target.name)" }

  func fill(_ script: String) -> String {
    Self.roles.reduce(script.replacing("{database}", with: scenario.target.name)) { script, name in
      script.replacing("{\(name)}", with: role(name))
    }
  }

  func run(_ script: String) async throws { try await scenario.target.run(fill(script)) }

  func value(_ query: String) async throws -> String { try await scenario.target.value(fill(query)) }

  /// What `script` answers to a role that is not the superuser; empty also where that is refused.
  func value(_ query: String, as role: String) async throws -> String {
    let database = scenario.target
    return
      (try? await database.rows(fill("SET ROLE {\(role)}; \(query)")).map { $0.joined(separator: " ") }
      .joined(separator: "\n")) ?? ""
  }

  /// As pgtide's own role.
  func configuration(_ change: (inout SyncConfiguration) -> Void = { _ in }) -> SyncConfiguration {
    var configuration = scenario.configuration("item")
    configuration.target.connection = scenario.target.connectionString(as: role("loader"))
    // The tables have none, which would be warned of.
    configuration.stamps = StampRule()
    change(&configuration)
    return configuration
  }

  func sync(
    _ options: Sync.Options = Sync.Options(), _ change: (inout SyncConfiguration) -> Void = { _ in }
  ) async throws -> SyncReport {
    try await scenario.sync(configuration(change), options: options)
  }

  /// What `pgtide init-metadata --print-sql` prints, run by the superuser, or by another role.
  func runPrinted(as role: String? = nil, _ change: (inout SyncConfiguration) -> Void = { _ in }) async throws {
    let statements = try await Sync(configuration(change)).initializeMetadata(isPrintOnly: true)
    try await run((role.map { "SET ROLE {\($0)};\n" } ?? "") + statements.joined(separator: "\n"))
  }

  /// Everything that roles beside the owner and pgtide's own have on what pgtide keeps.
  func othersRights() async throws -> [String] {
    try await scenario.target.rows(
      fill(
        """
        WITH kept AS (
          SELECT c.oid, c.relname, c.relowner, c.relacl FROM pg_class c
          WHERE c.relnamespace = 'pgtide'::regnamespace OR c.relname = '_sync_metadata')
        SELECT name || ': ' || a.grantee::regrole || ' ' || a.privilege_type FROM (
          SELECT 'schema' AS name, nspowner AS owner, nspacl AS acl FROM pg_namespace WHERE nspname = 'pgtide'
          UNION ALL SELECT relname, relowner, relacl FROM kept
          UNION ALL SELECT relname, relowner, attacl FROM kept JOIN pg_attribute ON attrelid = oid) o, aclexplode(o.acl) a
        WHERE a.grantee NOT IN (owner, '{loader}'::regrole) ORDER BY 1
        """)
    ).map { $0.joined() }
  }
}

/// Runs `body` on two fresh databases with the roles of ``Hosted``, which are gone afterwards.
func withHosted(
  source: String = Hosted.source, target: String = Hosted.target, _ body: (Hosted) async throws -> Void
) async throws {
  try await withDatabases { sourceDatabase, targetDatabase in
    let hosted = Hosted(scenario: Scenario(source: sourceDatabase, target: targetDatabase))
    try await sourceDatabase.run(source)
    try await hosted.run(
      "CREATE ROLE {loader} LOGIN; CREATE ROLE {anon}; CREATE ROLE {other} LOGIN; CREATE ROLE {house};\n\(target)")
    try await body(hosted)
    try await hosted.run(
      """
      DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT evtname FROM pg_event_trigger LOOP EXECUTE format('DROP EVENT TRIGGER %I', name); END LOOP;
        FOR name IN SELECT pubname FROM pg_publication LOOP EXECUTE format('DROP PUBLICATION %I', name); END LOOP;
      END $$;
      ALTER DATABASE "{database}" OWNER TO CURRENT_USER; ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM PUBLIC;
      DROP OWNED BY {loader} CASCADE; DROP OWNED BY {anon} CASCADE; DROP OWNED BY {other} CASCADE;
      DROP OWNED BY {house} CASCADE; DROP ROLE {loader}, {anon}, {other}, {house};
      """)
  }
}

/// What every new table meets on a host.
struct HostHabit: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let script: String

  /// Calls `act` for each table that DDL has touched, with `r` for it.
  static func eventTrigger(_ act: String, when: String = "") -> String {
    """
    CREATE FUNCTION habit() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
      DECLARE r record; BEGIN
        FOR r IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE object_type = 'table' LOOP \(act); END LOOP;
      END $$;
    CREATE EVENT TRIGGER habit ON ddl_command_end \(when) EXECUTE FUNCTION habit();
    """
  }

  static let givingRights = [
    HostHabit(
      testDescription: "default privileges in the users' schema",
      script: """
        ALTER DEFAULT PRIVILEGES FOR ROLE {loader} IN SCHEMA public GRANT ALL ON TABLES TO {anon};
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO {anon}
        """),
    HostHabit(
      testDescription: "default privileges in every schema",
      script: """
        ALTER DEFAULT PRIVILEGES FOR ROLE {loader} GRANT ALL ON TABLES TO {anon} WITH GRANT OPTION;
        ALTER DEFAULT PRIVILEGES FOR ROLE {loader} GRANT ALL ON SEQUENCES TO PUBLIC;
        ALTER DEFAULT PRIVILEGES FOR ROLE {loader} GRANT ALL ON SCHEMAS TO {anon}, PUBLIC;
        ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {anon}, PUBLIC;
        ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO {anon} WITH GRANT OPTION
        """),
    HostHabit(
      testDescription: "an event trigger that gives rights on what any statement touches",
      script: eventTrigger(
        "EXECUTE pg_catalog.format('GRANT ALL ON %s TO {anon}, PUBLIC', r.object_identity)")),
    HostHabit(
      testDescription: "an event trigger that gives rights on columns, to be given on",
      script: eventTrigger(
        """
        EXECUTE pg_catalog.format('GRANT SELECT (%I) ON %s TO {anon} WITH GRANT OPTION', (SELECT a.attname
          FROM pg_catalog.pg_attribute a WHERE a.attrelid = r.objid AND a.attnum = 1), r.object_identity)
        """, when: "WHEN TAG IN ('CREATE TABLE')")),
  ]
}
