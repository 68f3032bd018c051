import EphemeralPostgres

/// Empty databases on both servers. Making one takes longer than most tests, so it is swept out and used again.
actor DatabasePool {
  struct Pair: Sendable {
    let source: PostgresDatabase
    let target: PostgresDatabase

    /// Makes both empty again, with the schema `public` as it was at first.
    func sweep() async throws {
      for database in [source, target] {
        try await database.run(
          """
          SET client_min_messages = warning;
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid();
          DO $$
          DECLARE name text;
          BEGIN
            FOR name IN SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' LOOP
              EXECUTE format('DROP EXTENSION %I CASCADE', name);
            END LOOP;
            FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
              EXECUTE format('DROP SCHEMA %I CASCADE', name);
            END LOOP;
            CREATE SCHEMA public;
            -- The role came with version 14.
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'pg_database_owner') THEN
              ALTER SCHEMA public OWNER TO pg_database_owner;
            END IF;
          END $$;
          GRANT USAGE ON SCHEMA public TO PUBLIC;
          """)
      }
    }
  }

  private let source: PostgresCluster
  private let target: PostgresCluster
  private var idle: [Pair] = []

  init(source: PostgresCluster, target: PostgresCluster) {
    self.source = source
    self.target = target
  }

  func take() async throws -> Pair {
    if let pair = idle.popLast() { return pair }
    let name = "test_\(String(UInt64.random(in: .min ... .max), radix: 36))"
    // Both ends may be one server.
    let pair = try await Pair(
      source: source.createDatabase(named: "\(name)_source"), target: target.createDatabase(named: "\(name)_target"))
    // As it is from version 15 on.
    for database in [pair.source, pair.target] { try await database.run("REVOKE CREATE ON SCHEMA public FROM PUBLIC") }
    return pair
  }

  /// What cannot be swept, or is never given back because its test failed, goes with the servers.
  func giveBack(_ pair: Pair) async {
    if (try? await pair.sweep()) != nil { idle.append(pair) }
  }
}
