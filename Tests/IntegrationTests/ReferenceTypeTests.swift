import EphemeralPostgres
import PGTide
import PGTidePlanning
import Testing

extension Integration {
  /// Columns that refer to columns of another type, or of another collation.
  @Suite struct ReferenceTypeTests {
    private static let rows = """
      CREATE TABLE p (id int PRIMARY KEY, code text UNIQUE); CREATE TABLE c (id int PRIMARY KEY, code text);
      INSERT INTO p SELECT g, g FROM generate_series(1, 4) g; INSERT INTO c SELECT * FROM p;
      """

    private func configuration(_ scenario: Scenario) -> SyncConfiguration {
      var child = TableConfiguration(target: TableName(name: "c"))
      child.references = [
        ReferenceConfiguration(columns: ["code"], parent: TableName(name: "p"), parentColumns: ["code"])
      ]
      return scenario.configuration([TableConfiguration(target: TableName(name: "p")), child])
    }

    @Test func `the plan refuses a rule over types that the target cannot compare`() async throws {
      let target = """
        CREATE TABLE p (id int PRIMARY KEY, code text UNIQUE, source text);
        CREATE TABLE c (id int PRIMARY KEY, code int, source text);
        """
      try await withScenario(source: Self.rows, target: target) { scenario async throws in
        try await scenario.source.run("ALTER TABLE c ALTER code TYPE int USING code::int")
        let refusal = await #expect(throws: PlanRefusal.self) {
          try await scenario.sync(configuration(scenario))
        }
        let problem = refusal?.problems.first?.problem ?? ""
        #expect(
          problem.hasPrefix("the reference code to p compares code (integer) with code (text), and the target cannot"))
        #expect(refusal?.problems.count == 1)
      }
    }

    @Test(arguments: ["", " REFERENCES p (code)"])
    func `texts of two collations are compared by the parent's`(key: String) async throws {
      let target = """
        CREATE TABLE p (id int PRIMARY KEY, code text COLLATE "C" UNIQUE, source text);
        CREATE TABLE c (id int PRIMARY KEY, code text COLLATE "POSIX"\(key), source text);
        """
      try await withScenario(source: Self.rows, target: target) { scenario async throws in
        var configuration = configuration(scenario)
        configuration.deletes = .remove
        #expect(try await scenario.sync(configuration).outcome == .success)
        try await scenario.source.run(
          "DELETE FROM c WHERE id = 3; DELETE FROM p WHERE id > 2; UPDATE c SET code = '2' WHERE id = 1")
        // Row 4 of the child has lost its parent, which stays with it.
        let report = try await scenario.sync(configuration)
        #expect(report.totals.deleted == 2 && report.totals.updated == 1)
        #expect(try await scenario.target.rows("SELECT id FROM p ORDER BY id") == [["1"], ["2"], ["4"]])
      }
    }
  }
}
