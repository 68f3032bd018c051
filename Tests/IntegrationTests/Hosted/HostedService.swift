import EphemeralPostgres
import FoundationEssentials
import PGTide
import Testing

/// A target as a hosted service has it, and the source of its rows.
///
/// The loader is no superuser and owns no table. The roles of a web API have every right on all tables of `public`, also on
/// those that are made later by whomever; row-level security is all that is between them and the rows. Event triggers
/// switch it on for every new table, and tell the API of every change. Tables are published for "realtime", and a trigger
/// files a webhook for each new customer.
struct HostedService: Sendable {
  let scenario: Scenario
  /// Roles belong to the server, which other tests use, too.
  let loader: String
  let reader: String
  let apiRoles: [String]

  /// How pgtide comes to both ends.
  enum Way: String, Sendable, CaseIterable {
    case direct
    case sessionPool
  }

  /// 300 customers with 3 orders each, and 7 orders of customers that are not there.
  private static let source = """
    CREATE TABLE customers AS SELECT g AS id, 'customer ' || g AS name, g || '@example.com' AS mail
      FROM generate_series(1, 300) g;
    CREATE TABLE orders AS SELECT g AS id, g % 300 + 1 AS customer, round(g::numeric / 7, 2) AS amount
      FROM generate_series(1, 900) g;
    INSERT INTO orders SELECT g, 5000 + g, 1 FROM generate_series(901, 907) g;
    GRANT SELECT ON customers, orders TO {reader};
    """

  private static let target = """
    CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, mail text, source char(1) NOT NULL DEFAULT 'M',
      created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL REFERENCES customers, amount numeric(9, 2),
      source char(1) NOT NULL DEFAULT 'M');
    INSERT INTO customers (id, name, mail) VALUES (10, 'the app''s', 'app@example.com'), (1001, 'new in the app', NULL);
    INSERT INTO orders (id, customer, amount) VALUES (2001, 1001, 9.5);

    GRANT USAGE ON SCHEMA public TO {api};
    GRANT ALL ON ALL TABLES IN SCHEMA public TO {api};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO {api};
    ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
    ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON customers TO {authenticated} USING (name = current_setting('request.name', true));

    CREATE FUNCTION rls_auto_enable() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
      DECLARE made record;
      BEGIN
        FOR made IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE object_type = 'table' AND schema_name = 'public' LOOP
          EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', made.object_identity);
        END LOOP;
      END $$;
    CREATE EVENT TRIGGER rls_{name} ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO')
      EXECUTE FUNCTION rls_auto_enable();
    CREATE FUNCTION api_reload() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY api, 'reload schema'; END $$;
    CREATE EVENT TRIGGER reload_{name} ON ddl_command_end EXECUTE FUNCTION api_reload();

    CREATE PUBLICATION realtime_{name} FOR TABLE customers, orders;

    CREATE SCHEMA net;
    CREATE TABLE net.requests (id bigint GENERATED ALWAYS AS IDENTITY, body json);
    CREATE FUNCTION net.file() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS
      $$ BEGIN INSERT INTO net.requests (body) VALUES (row_to_json(NEW)); RETURN NEW; END $$;
    CREATE TRIGGER webhook AFTER INSERT ON customers FOR EACH ROW EXECUTE FUNCTION net.file();
    """

  /// What docs/guides/hosted.md has for the loader, with the test's names.
  private static func rights() throws -> String {
    let file = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let text = try String(contentsOfFile: "/\(file)/docs/guides/hosted.md", encoding: .utf8)
    let section = text.split(separator: "\n## A role for the loader\n").last?.split(separator: "\n## ").first ?? ""
    let block = section.split(separator: "\n```sql\n").dropFirst().first?.split(separator: "\n```").first
    return block.map(String.init) ?? ""
  }

  static func run<R: Sendable>(_ body: (HostedService) async throws -> R) async throws -> R {
    try await withDatabases { source, target in
      let name = String(target.name.dropFirst("test_".count).prefix { $0 != "_" })
      let service = HostedService(
        scenario: Scenario(source: source, target: target), loader: "loader_\(name)", reader: "reader_\(name)",
        apiRoles: ["anon", "authenticated", "service_role"].map { "\($0)_\(name)" })
      func fill(_ script: String) -> String {
        script.replacing("{api}", with: service.apiRoles.joined(separator: ", "))
          .replacing("{authenticated}", with: service.apiRoles[1]).replacing("{loader}", with: service.loader)
          .replacing("{reader}", with: service.reader).replacing("{name}", with: name)
      }
      let rights = try Self.rights().replacing("DATABASE app", with: "DATABASE \"\(target.name)\"")
        .replacing("loader", with: service.loader)
      try #require(rights.contains("CREATE ROLE \(service.loader)"))
      try await source.run("CREATE ROLE \(service.reader) LOGIN;" + fill(Self.source))
      try await target.run(service.apiRoles.map { "CREATE ROLE \($0) NOLOGIN;" }.joined() + fill(Self.target))
      try await target.run(rights)
      try await target.run(
        fill("ALTER DEFAULT PRIVILEGES FOR ROLE {loader} IN SCHEMA public GRANT ALL ON TABLES TO {api}"))
      let result: Result<R, any Error>
      do { result = .success(try await body(service)) } catch { result = .failure(error) }
      // Whatever became of it: event triggers would hold up the next test in this database.
      try await target.run(
        "DROP EVENT TRIGGER rls_\(name); DROP EVENT TRIGGER reload_\(name); DROP PUBLICATION realtime_\(name)")
      // One by one: of several with the same default privileges the server loses track.
      for role in [service.loader] + service.apiRoles {
        try await target.run("DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)")
      }
      try await source.run("DROP OWNED BY \(service.reader); DROP ROLE \(service.reader)")
      return try result.get()
    }
  }

  /// Hands over a configuration whose ends are reached in this way.
  ///
  /// - Parameter resets: whether a pool cleans up behind its clients, as it has to behind those that are killed.
  func reached<R: Sendable>(
    _ way: Way, resets: Bool = false, _ body: (SyncConfiguration) async throws -> R
  ) async throws -> R {
    switch way {
    case .direct:
      var configuration = scenario.configuration("customers", "orders")
      configuration.source.connection = scenario.source.connectionString(as: reader)
      configuration.target.connection = scenario.target.connectionString(as: loader)
      return try await body(configuration)
    case .sessionPool:
      return try await pooled(.session, resets: resets, body)
    }
  }

  /// The same through a pool before each end.
  func pooled<R: Sendable>(
    _ mode: PgBouncer.Mode, resets: Bool = false, _ body: (SyncConfiguration) async throws -> R
  ) async throws -> R {
    var options = PgBouncer.Options(mode, poolSize: Self.poolSize)
    options.resetsSessions = resets
    options.user = reader
    return try await scenario.source.cluster.withPgBouncer(options) { sourcePool in
      options.user = loader
      return try await scenario.target.cluster.withPgBouncer(options) { targetPool in
        var configuration = scenario.configuration("customers", "orders")
        configuration.source.connection = sourcePool.connectionString(database: scenario.source.name)
        configuration.target.connection = targetPool.connectionString(database: scenario.target.name)
        return try await body(configuration)
      }
    }
  }

  static let poolSize = 5

  /// What must hold at all times: the app's rows are as they were, nobody of the API has a right on what pgtide made in a
  /// schema of its own, and nothing of a run is left behind.
  func demandPeace(_ configuration: SyncConfiguration, _ way: Way, location: SourceLocation = #_sourceLocation)
    async throws
  {
    let app = try await scenario.target.rows(
      """
      SELECT id, name, mail FROM customers WHERE source = 'M' UNION ALL
      SELECT id, customer::text, amount::text FROM orders WHERE source = 'M' ORDER BY 1
      """)
    #expect(
      app == [["10", "the app's", "app@example.com"], ["1001", "new in the app", "NULL"], ["2001", "1001", "9.50"]],
      sourceLocation: location)
    #expect(try await rightsOfOthers(schema: "pgtide").isEmpty, sourceLocation: location)
    if way == .sessionPool {
      for string in [configuration.source.connection, configuration.target.connection] {
        let state = try await PoolState.of(string, size: Self.poolSize)
        #expect(state == .clean, sourceLocation: location)
      }
    }
    #expect(
      try await scenario.target.value(
        """
        SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """) == "0", sourceLocation: location)
  }

  /// What the roles of the API, and everybody, may do with tables of this schema, beside those of the service itself.
  func rightsOfOthers(schema: String) async throws -> [String] {
    let roles = (apiRoles.map { "'\($0)'" } + ["'public'"]).joined(separator: ", ")
    return try await scenario.target.rows(
      """
      SELECT r.name || ': ' || p.name || ' on ' || c.relname
      FROM pg_class c, unnest(ARRAY[\(roles)]) AS r (name),
        unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS p (name)
      WHERE c.relnamespace = to_regnamespace('\(schema)') AND c.relkind IN ('r', 'p', 'v', 'm')
        AND c.relname NOT IN ('customers', 'orders')
        AND (has_schema_privilege(r.name, c.relnamespace, 'USAGE') OR has_schema_privilege(r.name, c.relnamespace, 'CREATE'))
        AND has_table_privilege(r.name, c.oid, p.name)
      """
    ).map { $0[0] }
  }
}
