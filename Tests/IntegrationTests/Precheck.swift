import EphemeralPostgres
import PGTide
import Testing

/// A flaw that a plan must find, on databases that are right otherwise.
///
/// In scripts, `{role}` is a role of the test's own on both servers, and `{database}` the database's name.
struct Precheck: Sendable, CustomTestStringConvertible {
  var name: String
  var source = "CREATE TABLE t (id int, v text); INSERT INTO t VALUES (1, 'new')"
  var target = "CREATE TABLE t (id int PRIMARY KEY, v text, source text); INSERT INTO t VALUES (1, 'old', 'D')"
  /// More for the target's script.
  var flaw = ""
  /// Which ends are read and written as `{role}`; otherwise as the superuser.
  var asRole: Set<End> = []
  var configure: @Sendable (inout SyncConfiguration) -> Void = { _ in }
  /// What the problems say, one each, in their order: a part of the problem and of the advice.
  var says: [(problem: String, advice: String)]
  /// What the test's databases would keep from other tests.
  var cleanUp = ""
  var needs: [Need] = []

  enum End: Sendable { case source, target }

  var testDescription: String { name }

  /// All that a target needs to grant.
  static let rights = """
    ; GRANT SELECT, INSERT, UPDATE ON t TO {role}; GRANT CREATE ON DATABASE "{database}" TO {role};
    GRANT CREATE ON SCHEMA public TO {role};
    """

  /// Makes the databases, and hands over a configuration that syncs the table `t` between them.
  func prepared<R: Sendable>(_ body: (Scenario, SyncConfiguration) async throws -> R) async throws -> R {
    try await Need.skipUnless(needs)
    return try await withDatabases { source, target in
      let role = "role_\(source.name)"
      func fill(_ script: String) -> String {
        script.replacing("{role}", with: role).replacing("{database}", with: target.name)
      }
      for end in [source, target] { try await end.run("CREATE ROLE \(role) LOGIN") }
      try await source.run(fill(self.source))
      try await target.run(fill("\(self.target); \(flaw)"))
      let scenario = Scenario(source: source, target: target)
      var configuration = scenario.configuration("t")
      if asRole.contains(.source) { configuration.source.connection = source.connectionString(as: role) }
      if asRole.contains(.target) { configuration.target.connection = target.connectionString(as: role) }
      configure(&configuration)
      let result = try await body(scenario, configuration)
      for end in [source, target] { try await end.run("DROP OWNED BY \(role); DROP ROLE \(role)") }
      try await target.run(fill(cleanUp))
      return result
    }
  }

  /// Demands that a sync is refused with just these problems, and that the target is as it was. A dry run, which leaves
  /// nothing; what another one writes down of itself is tested elsewhere.
  func demandRefusal() async throws {
    try await prepared { scenario, configuration async throws in
      let before = try await scenario.target.everything()
      let refusal = await #expect(throws: PlanRefusal.self) {
        try await scenario.sync(configuration, options: Sync.Options(isDryRun: true))
      }
      let problems = refusal?.problems ?? []
      try #require(problems.count == says.count, "\(refusal?.description ?? "")")
      for (found, wanted) in zip(problems, says) {
        let role = "role_\(scenario.source.name)"
        #expect(found.problem.replacing(role, with: "{role}").contains(wanted.problem))
        #expect(found.advice.replacing(role, with: "{role}").contains(wanted.advice))
      }
      #expect(try await scenario.target.everything() == before)
    }
  }
}

extension TestDatabase {
  /// All rows of all tables, and every object that the catalogs know.
  func everything() async throws -> [[String]] {
    try await rows(
      """
      SELECT pg_catalog.database_to_xml(true, false, '')::text
      UNION ALL SELECT c.oid || ' ' || c.relname || ' ' || c.relfilenode FROM pg_catalog.pg_class c WHERE c.oid >= 16384
      UNION ALL SELECT n.oid || ' ' || n.nspname FROM pg_catalog.pg_namespace n
      ORDER BY 1
      """)
  }

  func connectionString(as role: String) -> String {
    connectionString.replacing("user=\(PostgresCluster.superuser)", with: "user=\(role)")
  }
}
