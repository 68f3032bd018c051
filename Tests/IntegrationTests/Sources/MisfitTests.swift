import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Values that the target's own types refuse, in places where no condition can ask for it.
  @Suite struct MisfitTests {
    /// The same types on both ends, with rules on the target.
    private static let types = """
      CREATE DOMAIN score AS int; CREATE DOMAIN few AS int[]; CREATE TYPE pair AS (a score, b text);
      """
    private static let rules = """
      ALTER DOMAIN score ADD CHECK (VALUE > 0); ALTER DOMAIN few ADD CHECK (cardinality(VALUE) < 3);
      """

    struct Case: Sendable, CustomTestStringConvertible {
      let type: String
      let good: String
      let bad: String
      var testDescription: String { type }
    }

    static let cases = [
      Case(type: "score", good: "7", bad: "-5"), Case(type: "score[]", good: "{7,8}", bad: "{7,-5}"),
      Case(type: "few", good: "{1,2}", bad: "{1,2,3}"), Case(type: "pair", good: "(7,x)", bad: "(-5,x)"),
      Case(type: "pair[]", good: #"{"(7,x)"}"#, bad: #"{"(7,x)","(-5,x)"}"#),
    ]

    @Test(arguments: cases) func `one bad value is one row's reject, in an insert and in an update`(
      _ one: Case
    ) async throws {
      let table = "CREATE TABLE game (id int PRIMARY KEY, v \(one.type));"
      let rows = """
        INSERT INTO game SELECT g, '\(one.good)' FROM generate_series(1, 3000) g; INSERT INTO game VALUES (3001, '\(one.bad)')
        """
      try await withScenario(source: Self.types + table + rows, target: Self.types + Self.rules + table) {
        scenario async throws in
        var configuration = scenario.configuration("game")
        configuration.origin = .allRowsAreOurs
        let first = try await scenario.sync(configuration)
        #expect(first.totals.inserted == 3000)
        #expect(first.totals.rejected == 1)
        try await scenario.source.run("UPDATE game SET v = '\(one.bad)' WHERE id IN (17, 1025)")
        let second = try await scenario.sync(configuration)
        #expect(second.totals.unchanged == 2998)
        #expect(second.totals.rejected == 3)
        let kept =
          "SELECT row_key ->> 'id', reason, column_name, message FROM pgtide.rejects WHERE run_id = 2 ORDER BY 1"
        let rejects = try await scenario.target.rows(kept)
        #expect(rejects.map { $0[0] } == ["1025", "17", "3001"])
        #expect(rejects.first?[1...2] == ["does not fit", "v"])
        #expect(rejects.first?[3].contains("violates check constraint") == true)
        #expect(try await scenario.target.value("SELECT count(*) FROM game WHERE v::text = '\(one.good)'") == "3000")
      }
    }

    @Test func `a bad value does not keep its row from being a duplicate`() async throws {
      let table = "CREATE TABLE game (id int, v score[]);"
      try await withScenario(
        source: "\(Self.types) \(table) INSERT INTO game VALUES (1, '{1}'), (1, '{-1}'), (2, '{2}'), (3, '{-3}')",
        target: "\(Self.types) \(Self.rules) \(table) ALTER TABLE game ADD PRIMARY KEY (id)"
      ) { scenario async throws in
        var configuration = scenario.configuration("game")
        configuration.origin = .allRowsAreOurs
        let report = try await scenario.sync(configuration)
        #expect(report.totals.inserted == 1)
        #expect(report.totals.rejected == 3)
        #expect(try await scenario.target.rows("SELECT id FROM game") == [["2"]])
      }
    }
  }
}
