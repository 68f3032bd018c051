import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Nothing is cut or rounded on its way into another type.
  @Suite struct CastTests {
    /// All cases in one run: a table each.
    @Test(.needs(.extensions(["citext"])), arguments: RowFormat.allCases)
    func `what fits arrives, what does not is rejected, and a second run changes nothing`(
      format: RowFormat
    ) async throws {
      var (source, target) = (CastCase.sourceSetUp, CastCase.targetSetUp)
      for (number, value) in CastCase.all.enumerated() {
        let rows = (value.fits.map(\.key) + value.rejected).enumerated().map { "(\($0 + 1), (\($1))::\(value.from))" }
        source += """
          CREATE TABLE t\(number) (id int, v \(value.from));
          INSERT INTO t\(number) VALUES (0, NULL), \(rows.joined(separator: ", "));
          """
        target += "CREATE TABLE t\(number) (id int PRIMARY KEY, v \(value.to), source text);"
      }
      try await withScenario(source: source, target: target) { scenario async throws in
        let configuration = scenario.configuration(
          CastCase.all.indices.map { TableConfiguration(target: TableName(name: "t\($0)")) },
          settings: RunSettings(copyFormat: format))
        let first = try await scenario.sync(configuration)
        for (number, value) in CastCase.all.enumerated() {
          let report = first.table("t\(number)")
          #expect(report?.error == nil, "\(value.testDescription)")
          #expect(report?.counts.inserted == value.fits.count + 1, "\(value.testDescription)")
          #expect(
            report?.rejectReasons == (value.rejected.isEmpty ? [:] : ["does not fit": value.rejected.count]),
            "\(value.testDescription)")
          // `format` shows the value as it stands, blanks at the end of a char(n) included.
          let arrived = try await scenario.target.rows(
            "SET TimeZone = 'UTC'; SELECT format('%s', v) FROM t\(number) WHERE id > 0 ORDER BY id"
          ).map { $0[0] }
          #expect(arrived == value.fits.map(\.value), "\(value.testDescription)")
        }
        let second = try await scenario.sync(configuration)
        #expect(second.totals.unchanged == first.totals.inserted)
        #expect(second.totals.written == 0)
      }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
      var from: String
      var to: String
      var says: [String]

      var testDescription: String { "\(from) to \(to)" }
    }

    static let refusals = [
      Refusal(from: "varchar", to: "uuid", says: ["does not turn into uuid", #"such as src."v"::uuid"#]),
      Refusal(from: "text", to: "integer", says: [#"src."v"::integer"#]),
      Refusal(from: "text", to: "jsonb", says: [#"src."v"::jsonb"#]),
      Refusal(from: "integer", to: "boolean", says: [#"src."v"::boolean"#]),
      Refusal(from: "boolean", to: "integer", says: [#"src."v"::integer"#]),
      Refusal(from: "point", to: "lseg", says: ["an expression of type lseg, or skip it"]),
      Refusal(from: "text[]", to: "integer[]", says: [#"src."v"::integer[]"#]),
      Refusal(from: "integer", to: "money", says: ["may lose something", #"src."v"::money"#]),
      Refusal(from: "timestamp", to: "time", says: ["may lose something", #"src."v"::time"#]),
      Refusal(from: "path", to: "polygon", says: [#"src."v"::polygon"#]),
      Refusal(from: "point", to: "box", says: [#"src."v"::box"#]),
      Refusal(from: "integer", to: "regclass", says: ["a type of the same name"]),
      Refusal(from: "integer", to: "mood", says: ["one of its labels as text"]),
      Refusal(from: "text", to: "pair", says: ["a type of the same name"]),
      Refusal(from: #""x.pair""#, to: #""y.pair""#, says: ["a type of the same name"]),
      Refusal(from: "pair", to: "pair", says: ["the fields a, b on the source", "b, a on the target"]),
      Refusal(from: "pair[]", to: "pair[]", says: ["the fields a, b on the source", "b, a on the target"]),
    ]

    @Test func `what no cast does faithfully is refused by the plan, which says what to do`() async throws {
      var source = #"CREATE TYPE pair AS (a int, b int); CREATE TYPE "x.pair" AS (a int);"#
      var target = """
        CREATE TYPE pair AS (b int, a int); CREATE TYPE "y.pair" AS (a int); CREATE TYPE mood AS ENUM ('happy');
        """
      for (number, value) in Self.refusals.enumerated() {
        source += "CREATE TABLE t\(number) (id int, v \(value.from));"
        target += "CREATE TABLE t\(number) (id int PRIMARY KEY, v \(value.to), source text);"
      }
      try await withScenario(source: source, target: target) { scenario async throws in
        let tables = Self.refusals.indices.map { TableConfiguration(target: TableName(name: "t\($0)")) }
        let refusal = try await #require(throws: PlanRefusal.self) {
          try await scenario.sync(scenario.configuration(tables))
        }
        #expect(refusal.problems.count == Self.refusals.count)
        for (number, value) in Self.refusals.enumerated() {
          let problem = refusal.problems.first { $0.table == "t\(number)" }
          let text = problem.map { "\($0.problem)\n\($0.advice)" } ?? ""
          for part in value.says { #expect(text.contains(part), "\(value.testDescription): \(text)") }
        }
      }
    }

    @Test func `what the plan advises for a uuid in a text works`() async throws {
      let id = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
      try await withScenario(
        source: "CREATE TABLE t (id int, v varchar(36)); INSERT INTO t VALUES (1, upper('\(id)'))",
        target: "CREATE TABLE t (id int PRIMARY KEY, v uuid, source text)"
      ) { scenario async throws in
        let table = TableConfiguration(
          target: TableName(name: "t"),
          columns: [ColumnMapping(column: "v", value: .expression(#"src."v"::uuid"#))])
        try await scenario.sync(scenario.configuration([table]))
        #expect(try await scenario.target.value("SELECT v FROM t") == id)
        #expect(try await scenario.sync(scenario.configuration([table])).totals.unchanged == 1)
      }
    }

    @Test func `values that are equal but look different are brought level`() async throws {
      let source =
        "CREATE TABLE t (id int, i interval, f float8, n numeric); INSERT INTO t VALUES (1, '24 hours', '-0', 1.50)"
      let target =
        "CREATE TABLE t (id int PRIMARY KEY, i interval, f float8, n numeric, source text); INSERT INTO t VALUES (1, '1 day', '0', 1.5, 'D')"
      try await withScenario(source: source, target: target) { scenario async throws in
        #expect(try await scenario.sync(scenario.configuration("t")).totals.updated == 1)
        #expect(try await scenario.target.rows("SELECT i, f, n FROM t") == [["24:00:00", "-0", "1.50"]])
      }
    }
  }
}
