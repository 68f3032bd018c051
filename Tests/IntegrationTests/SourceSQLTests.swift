import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// SQL and columns that the configuration speaks of, as the source takes them.
  @Suite struct SourceSQLTests {
    @Test(arguments: [1, 3]) func `a row for which an expression fails is told in the source's own words`(
      badRow: Int
    ) async throws {
      let source =
        "CREATE TABLE people (id int, name text); INSERT INTO people SELECT i, CASE i WHEN \(badRow) THEN 'x' "
        + "ELSE '5' END FROM generate_series(1, 3) i"
      try await withScenario(source: source, target: "CREATE TABLE people (id int PRIMARY KEY, age int)") { scenario in
        let table = TableConfiguration(
          target: TableName(name: "people"),
          columns: [ColumnMapping(column: "age", value: .expression("src.name::integer"))], origin: .allRowsAreOurs)
        let report = try await scenario.sync(scenario.configuration([table]))
        #expect(report.outcome == .failed)
        #expect(report.table("people")?.error?.contains("invalid input syntax for type integer: \"x\"") == true)
        #expect(try await scenario.target.value("SELECT count(*) FROM people") == "0")
      }
    }

    @Test func `only columns without a counterpart are noted as not copied`() async throws {
      let source = "CREATE TABLE people (id int, name text, age int, photo text, note text)"
      let target = "CREATE TABLE people (id int PRIMARY KEY, name text, age int)"
      try await withScenario(source: source, target: target) { scenario in
        let table = TableConfiguration(
          target: TableName(name: "people"), skip: ["note"],
          columns: [
            ColumnMapping(column: "name", value: .constant("x")),
            ColumnMapping(column: "age", value: .expression("src.age + 1")),
          ], origin: .allRowsAreOurs)
        let plan = try await Sync(scenario.configuration([table])).plan()
        #expect(PlanSummary(plan).tables.first?.notices == ["not on the target, so not copied: photo"])
      }
    }
  }
}
