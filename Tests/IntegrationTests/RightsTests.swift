import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Roles that have the rights that docs/guides/security.md lists, and no other.
  @Suite struct RightsTests {
    /// A role on each end, and a configuration that uses them.
    private struct Users {
      let scenario: Scenario
      let name = "user_\(String(UInt64.random(in: .min ... .max), radix: 36))"

      /// Makes the roles, and takes away what everybody has by default.
      func create() async throws {
        for database in [scenario.source, scenario.target] {
          try await database.run(
            """
            CREATE ROLE \(name) LOGIN;
            REVOKE ALL ON DATABASE \(database.name) FROM PUBLIC;
            REVOKE ALL ON SCHEMA public FROM PUBLIC;
            """)
        }
      }

      /// The databases are used again by other tests.
      func restore() async throws {
        for database in [scenario.source, scenario.target] {
          try await database.run("GRANT CONNECT, TEMPORARY ON DATABASE \(database.name) TO PUBLIC")
        }
      }

      func grant(_ statements: [String], on database: TestDatabase) async throws {
        for statement in statements {
          try await database.run(
            statement.replacing(" TO reader", with: " TO \(name)").replacing(" TO tide", with: " TO \(name)")
              .replacing("DATABASE office", with: "DATABASE \(database.name)")
              .replacing("DATABASE app", with: "DATABASE \(database.name)"))
        }
      }

      func sync(_ configuration: SyncConfiguration) -> Sync {
        var configuration = configuration
        configuration.source.connection += " user=\(name)"
        configuration.target.connection += " user=\(name)"
        return Sync(configuration)
      }
    }

    private func withUsers(_ body: (Users) async throws -> Void) async throws {
      let source = Scenario.people + "CREATE TABLE pets (id int, owner int); INSERT INTO pets VALUES (1, 2);"
      let target =
        Scenario.appPeople
        + "CREATE TABLE pets (id int PRIMARY KEY, owner int REFERENCES people, source char(1) DEFAULT 'M');"
      try await withScenario(source: source, target: target) { scenario async throws in
        let users = Users(scenario: scenario)
        try await users.create()
        try await body(users)
        try await users.restore()
      }
    }

    /// The first sync of two tables, and a second one that updates one row.
    private func expectTwoSyncs(_ users: Users) async throws {
      let sync = users.sync(users.scenario.configuration("people", "pets"))
      let first = try await sync.run()
      #expect(first.outcome == .success)
      #expect(first.totals.inserted == 4)
      try await users.scenario.source.run("UPDATE people SET name = 'Eve' WHERE id = 1")
      let second = try await sync.run()
      #expect(second.outcome == .success)
      #expect(second.totals.updated == 1 && second.totals.unchanged == 3)
    }

    @Test func `where pgtide makes its schema, the documented rights suffice`() async throws {
      try await withUsers { users async throws in
        let rights = try DocumentedRights.read()
        try await users.grant(rights.source, on: users.scenario.source)
        try await users.grant(rights.target + rights.creating, on: users.scenario.target)
        try await expectTwoSyncs(users)
      }
    }

    @Test func `where a DBA makes the schema from the printed statements, the documented rights suffice`() async throws
    {
      try await withUsers { users async throws in
        let rights = try DocumentedRights.read()
        try await users.grant(rights.source, on: users.scenario.source)
        try await users.grant(rights.target, on: users.scenario.target)
        let sync = users.sync(users.scenario.configuration("people", "pets"))
        let statements = try await sync.initializeMetadata(isPrintOnly: true)
        try await users.scenario.target.run(statements.joined(separator: "\n"))
        try await expectTwoSyncs(users)
      }
    }

    @Test func `the practice data goes in under the documented rights`() async throws {
      try await withPracticeDatabases { source, target, _ async throws in
        let users = Users(scenario: Scenario(source: source, target: target))
        try await users.create()
        let rights = try DocumentedRights.read()
        try await users.grant(rights.source, on: source)
        try await users.grant(rights.target + rights.creating, on: target)
        let sync = users.sync(try users.scenario.practice())
        #expect(try await sync.run().outcome == .success)
        let second = try await sync.run()
        #expect(second.outcome == .success)
        #expect(second.totals.unchanged == second.totals.read)
      }
    }

    static let left = (try? DocumentedRights.read()).map { rights in
      DocumentedRights.single(rights.source).map { ("source", $0) }
        + DocumentedRights.single(rights.target + rights.creating).map { ("target", $0) }
    }

    @Test(arguments: left ?? [])
    func `none of the documented rights is too many`(_ end: String, _ right: String) async throws {
      try await withUsers { users async throws in
        let rights = try DocumentedRights.read()
        var (source, target) = (
          DocumentedRights.single(rights.source), DocumentedRights.single(rights.target + rights.creating)
        )
        if end == "source" { source.removeAll { $0 == right } } else { target.removeAll { $0 == right } }
        try await users.grant(source, on: users.scenario.source)
        try await users.grant(target, on: users.scenario.target)
        let error = await #expect(throws: (any Error).self) { try await expectNoSuccess(users) }
        guard let error else { return }
        // Who may not even connect is told so by the server; everything else by the plan, with the statement.
        let isRefused = error is PlanRefusal && "\(error)".contains("GRANT")
        #expect(isRefused || (right.contains("CONNECT") && "\(error)".contains("permission denied")), "\(error)")
      }
    }

    /// Throws why a sync did not succeed.
    private func expectNoSuccess(_ users: Users) async throws {
      let sync = users.sync(users.scenario.configuration("people", "pets"))
      for _ in 1...2 {
        let report = try await sync.run()
        if let error = report.error ?? report.tables.compactMap(\.error).first { throw Failure(description: error) }
        try await users.scenario.source.run("UPDATE people SET name = 'Eve' WHERE id = 1")
      }
    }

    private struct Failure: Error, CustomStringConvertible { var description: String }
  }
}
