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

    @Test func `a comment at the end of the user's SQL is a comment`() async throws {
      let source = "CREATE TABLE people (id int, name text); INSERT INTO people VALUES (1, 'a'), (1, 'b'), (2, 'c')"
      try await withScenario(source: source, target: "CREATE TABLE people (id int PRIMARY KEY, name text)") {
        scenario async throws in
        let table = TableConfiguration(
          target: TableName(name: "people"), source: .query("SELECT * FROM public.people -- all of them"),
          filter: "src.id = 1 -- the first",
          columns: [
            ColumnMapping(column: "name", value: .expression("upper(src.name) -- as on the signs"))
          ], origin: .allRowsAreOurs, duplicates: .last(by: "src.name -- the last"))
        try await scenario.sync(scenario.configuration([table]))
        #expect(try await scenario.target.rows("SELECT id, name FROM people") == [["1", "B"]])
      }
    }

    @Test(arguments: [
      ("src.id > 0 /* of", "unterminated /* comment"), ("src.id > 0;", "syntax error"),
      ("src.id = 1) OR (src.id = 2", "syntax error at or near \")\""),
    ])
    func `what is no condition is refused by name`(filter: String, says: String) async throws {
      try await withScenario(
        source: "CREATE TABLE people (id int)", target: "CREATE TABLE people (id int PRIMARY KEY)"
      ) { scenario async throws in
        let table = TableConfiguration(target: TableName(name: "people"), filter: filter, origin: .allRowsAreOurs)
        let refusal = await #expect(throws: PlanRefusal.self) {
          try await scenario.sync(scenario.configuration([table]))
        }
        #expect(refusal?.problems.contains { $0.problem.contains("`where`") && $0.problem.contains(says) } == true)
      }
    }

    @Test func `an expression closes no parenthesis that it has not opened`() async throws {
      try await withScenario(
        source: "CREATE TABLE people (id int, name text)",
        target: "CREATE TABLE people (id int PRIMARY KEY, name text)"
      ) { scenario async throws in
        let table = TableConfiguration(
          target: TableName(name: "people"),
          columns: [ColumnMapping(column: "name", value: .expression("src.name), (1"))], origin: .allRowsAreOurs)
        let refusal = await #expect(throws: PlanRefusal.self) {
          try await scenario.sync(scenario.configuration([table]))
        }
        #expect(refusal?.problems.map(\.problem).first?.contains("expression of column name") == true)
        #expect(refusal?.problems.map(\.problem).first?.contains("syntax error at or near \")\"") == true)
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
