import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Nothing is cut or rounded on its way into another type.
  @Suite struct FitTests {
    struct Case: Sendable, CustomTestStringConvertible {
      var from: String
      var to: String
      /// SQL values that arrive, each as it stands on the target.
      var fits: [String: String]
      /// SQL values that are rejected.
      var rejected: [String]

      var ordered: [(key: String, value: String)] { fits.sorted { $0.key < $1.key } }

      var testDescription: String { "\(from) to \(to)" }
    }

    static let cases = [
      Case(
        from: "bigint", to: "smallint", fits: ["32767": "32767", "-32768": "-32768"], rejected: ["32768", "-32769"]),
      Case(from: "numeric", to: "integer", fits: ["7": "7", "7.00": "7"], rejected: ["7.5", "3000000000", "'NaN'"]),
      Case(
        from: "double precision", to: "integer", fits: ["7": "7"], rejected: ["7.5", "1e20", "'NaN'", "'Infinity'"]),
      Case(from: "numeric(10,3)", to: "numeric(8,2)", fits: ["1.5": "1.50"], rejected: ["1.005", "1000000"]),
      Case(
        from: "numeric", to: "numeric(4,2)", fits: ["99.99": "99.99", "'NaN'": "NaN"],
        rejected: ["100", "0.001", "'Infinity'"]),
      Case(from: "integer", to: "numeric(3)", fits: ["999": "999"], rejected: ["1000"]),
      Case(
        from: "numeric", to: "double precision", fits: ["0.1": "0.1"], rejected: ["0.12345678901234567890123", "1e400"]),
      Case(
        from: "double precision", to: "real", fits: ["0.1": "0.1", "'NaN'": "NaN"],
        rejected: ["0.123456789012", "1e300"]),
      Case(from: "integer", to: "bigint", fits: ["5": "5"], rejected: []),
      Case(
        from: "text", to: "varchar(3)", fits: ["'abc'": "abc", "'äöü'": "äöü", "''": ""],
        rejected: ["'abcd'", "'ab  '"]),
      Case(from: "varchar(10)", to: "varchar(3)", fits: ["'abc'": "abc"], rejected: ["'abcd'"]),
      Case(from: "text", to: "char(3)", fits: ["'ab'": "ab ", "'ab    '": "ab "], rejected: ["'abcd'"]),
      Case(from: "char(5)", to: "text", fits: ["'ab'": "ab"], rejected: []),
      Case(from: "integer", to: "varchar(2)", fits: ["42": "42"], rejected: ["100"]),
      Case(from: "timestamp", to: "date", fits: ["'2024-02-29'": "2024-02-29"], rejected: ["'2024-02-29 12:00'"]),
      Case(
        from: "timestamp", to: "timestamp(0)", fits: ["'2024-02-29 12:00:01'": "2024-02-29 12:00:01"],
        rejected: ["'2024-02-29 12:00:01.5'"]),
      Case(from: "varbit", to: "bit(3)", fits: ["B'101'": "101"], rejected: ["B'1010'", "B'1'"]),
      Case(from: "text", to: "mood", fits: ["'happy'": "happy"], rejected: ["'angry'"]),
      Case(from: "mood", to: "mood", fits: ["'happy'": "happy"], rejected: ["'office'"]),
      Case(from: "text[]", to: "text[]", fits: ["ARRAY['a', NULL]": "{a,NULL}"], rejected: []),
      Case(from: "mood[]", to: "mood[]", fits: ["ARRAY['sad']::mood[]": "{sad}"], rejected: []),
      Case(from: "integer", to: "positive", fits: ["5": "5"], rejected: []),
      Case(from: "jsonb", to: "jsonb", fits: ["'{\"a\": 1}'": "{\"a\": 1}"], rejected: []),
      Case(from: "regclass", to: "regclass", fits: ["'pg_class'": "pg_class"], rejected: []),
    ]

    /// All cases in one run: a table each.
    @Test func `what fits arrives, what does not is rejected, and a second run changes nothing`() async throws {
      var source = "CREATE TYPE mood AS ENUM ('office', 'sad', 'happy');"
      var target = "CREATE TYPE mood AS ENUM ('happy', 'sad'); CREATE DOMAIN positive AS integer CHECK (VALUE > 0);"
      for (number, value) in Self.cases.enumerated() {
        let rows = (value.ordered.map(\.key) + value.rejected).enumerated().map { "(\($0 + 1), \($1))" }
        source +=
          "CREATE TABLE t\(number) (id int, v \(value.from)); INSERT INTO t\(number) VALUES \(rows.joined(separator: ", "));"
        target += "CREATE TABLE t\(number) (id int PRIMARY KEY, v \(value.to), source text);"
      }
      try await withScenario(source: source, target: target) { scenario async throws in
        let configuration = scenario.configuration(
          Self.cases.indices.map { TableConfiguration(target: TableName(name: "t\($0)")) })
        let first = try await scenario.sync(configuration)
        for (number, value) in Self.cases.enumerated() {
          let report = first.table("t\(number)")
          #expect(report?.counts.inserted == value.ordered.count, "\(value.testDescription)")
          #expect(
            report?.rejectReasons == (value.rejected.isEmpty ? [:] : ["does not fit": value.rejected.count]),
            "\(value.testDescription)")
          // `format` shows the value as it stands, blanks at the end of a char(n) included.
          let arrived = try await scenario.target.rows("SELECT format('%s', v) FROM t\(number) ORDER BY id").map {
            $0[0]
          }
          #expect(arrived == value.ordered.map(\.value), "\(value.testDescription)")
        }
        let second = try await scenario.sync(configuration)
        #expect(second.totals.unchanged == first.totals.inserted)
        #expect(second.totals.written == 0)
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
