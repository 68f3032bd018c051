import EphemeralPostgres

/// Lends pairs of databases to tests, to a few at a time: the servers take a hundred connections, and a machine with
/// two cores is not faster with more.
///
/// Making a database takes longer than most tests, so an empty one is swept out and used again. A test that fails
/// leaves its databases to the servers, which go anyway.
actor DatabasePool {
  struct Pair: Sendable {
    let source: PostgresDatabase
    let target: PostgresDatabase
  }

  private let source: PostgresCluster
  private let target: PostgresCluster
  private var freePlaces = 6
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var idle: [Pair] = []

  init(source: PostgresCluster, target: PostgresCluster) {
    self.source = source
    self.target = target
  }

  /// Lends two empty databases.
  nonisolated(nonsending) func withEmpty<R: Sendable>(
    _ body: nonisolated(nonsending) (PostgresDatabase, PostgresDatabase) async throws -> R
  ) async throws -> R {
    try await inTurn {
      let pair: Pair
      if let swept = await takeIdle() { pair = swept } else { pair = try await copy("template1", "template1") }
      let result = try await body(pair.source, pair.target)
      // What cannot be swept is left alone.
      if (try? await sweep(pair)) != nil { await giveBack(pair) }
      return result
    }
  }

  /// Lends copies of two databases.
  nonisolated(nonsending) func withCopies<R: Sendable>(
    of sourceTemplate: String, and targetTemplate: String,
    _ body: nonisolated(nonsending) (PostgresDatabase, PostgresDatabase) async throws -> R
  ) async throws -> R {
    try await inTurn {
      let pair = try await copy(sourceTemplate, targetTemplate)
      let result = try await body(pair.source, pair.target)
      for database in [pair.source, pair.target] { try? await database.cluster.dropDatabase(named: database.name) }
      return result
    }
  }

  private func takeIdle() -> Pair? { idle.popLast() }

  private func giveBack(_ pair: Pair) { idle.append(pair) }

  nonisolated(nonsending) private func copy(_ sourceTemplate: String, _ targetTemplate: String) async throws -> Pair {
    let name = "test_\(String(UInt64.random(in: .min ... .max), radix: 36))"
    async let source = source.createDatabase(named: name, template: sourceTemplate)
    async let target = target.createDatabase(named: name, template: targetTemplate)
    return try await Pair(source: source, target: target)
  }

  /// Makes both databases empty again, with the schema `public` as it was at first.
  private nonisolated func sweep(_ pair: Pair) async throws {
    for database in [pair.source, pair.target] {
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
        END $$;
        CREATE SCHEMA public AUTHORIZATION pg_database_owner;
        GRANT USAGE ON SCHEMA public TO PUBLIC;
        """)
    }
  }

  // MARK: - Turns

  nonisolated(nonsending) private func inTurn<R: Sendable>(
    _ body: nonisolated(nonsending) () async throws -> R
  ) async throws -> R {
    await takePlace()
    let result: Result<R, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    await leavePlace()
    return try result.get()
  }

  private func takePlace() async {
    if freePlaces > 0 {
      freePlaces -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  /// Hands the place to whoever has waited longest.
  private func leavePlace() {
    if waiting.isEmpty { freePlaces += 1 } else { waiting.removeFirst().resume() }
  }
}
