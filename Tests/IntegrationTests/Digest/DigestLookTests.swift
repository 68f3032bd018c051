import EphemeralPostgres
import FoundationEssentials
import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

extension Integration {
  /// A row's look tells rows apart exactly where the comparison of single rows does.
  ///
  ///     scripts/digest-edits [N]     the test of random edits with a million edits, or so many
  @Suite struct DigestLookTests {
    /// Types of which all rows are read, though values of them can be synced.
    private static let readAsAWhole: Set<String> = [
      "tsquery", "tsquery[]", "good_mood", "positive", "stamp", "tags", "regclass", "regtype", "regproc",
      "regprocedure", "regoperator",
      "regnamespace", "regrole", "regcollation", "regconfig", "regdictionary", "regclass[]", "positive[]", "pair",
      "pair[]", "known_pair", "nest", "span", "span_multirange", "rowtype", "hstore", "hstore[]", "citext", "citext[]",
      "ltree", "cube",
    ]

    @Test func `values look different where their images do, for awkward values of each type`() async throws {
      try await tellApart(TypeFamily(name: "awkward values", cases: AwkwardValues.cases))
    }

    @Test(arguments: TypeFamily.all)
    func `values look different where their images do, for all types that travel`(_ family: TypeFamily) async throws {
      try await tellApart(family)
    }

    /// Compares each value with each other one and with NULL.
    private func tellApart(_ family: TypeFamily) async throws {
      try await withDatabases { source, _ in
        try await source.run(family.source)
        try await DigestLooks.with(source) { looks in
          let facts = try await looks.facts(family.cases.indices.map { "t\($0)" })
          #expect(facts.count == family.cases.count)
          for (value, facts) in zip(family.cases, facts) {
            let look = DigestLooks.look(facts, row: "r", without: ["id"])
            #expect((look == nil) == Self.readAsAWhole.contains(value.type), "\(value.type)")
            guard let look else { continue }
            let rows: SQL = "SELECT r.id, r.v, \(look) AS look FROM \(facts.name) r"
            let answer = try await looks.connection.query(
              """
              SELECT a.id, b.id, pg_catalog.count(*) OVER () FROM (\(rows)) a, (\(rows)) b
              WHERE a.id <= b.id
                AND (a.look = b.look) = (ROW(a.v)::record OPERATOR(pg_catalog.*<>) ROW(b.v)::record)
              """)
            let pairs = answer.rows.map { "\($0.text(0)) and \($0.text(1))" }
            #expect(pairs == [], "\(value.type)")
          }
        }
      }
    }

    @Test func `the sign of each of many numbers in a row counts, and NULL beside NaN and zero`() async throws {
      // One more than two integers have room for.
      let names = (1...63).map { "n\($0)" }
      try await withDatabases { source, _ in
        try await source.run("CREATE TABLE t (id int, \(names.map { "\($0) numeric(6,2)" }.joined(separator: ", ")))")
        let values = ["1", "-1", "0", "'NaN'", "NULL"]
        // Every row differs from the first one in one column, or exchanges the signs of two.
        try await source.run(
          """
          INSERT INTO t SELECT 0, \(names.map { _ in "1" }.joined(separator: ", "));
          \(names.indices.flatMap { place in values.dropFirst().map { value in
            "INSERT INTO t SELECT 1, \(names.indices.map { $0 == place ? value : "1" }.joined(separator: ", "));" } }
            .joined(separator: "\n"))
          \(names.indices.dropFirst().map { place in
            "INSERT INTO t SELECT 2, \(names.indices.map { $0 == place || $0 == 0 ? "-1" : "1" }.joined(separator: ", "));" }
            .joined(separator: "\n"))
          """)
        try await DigestLooks.with(source) { looks in
          let facts = try #require(try await looks.facts(["t"]).first)
          let look = try #require(DigestLooks.look(facts, row: "r", without: ["id"]))
          let answer = try await looks.connection.query("SELECT count(*), count(DISTINCT \(look)) FROM public.t r")
          let counts = try #require(answer.rows.first)
          #expect(counts.int(0) == 1 + 63 * 4 + 62)
          #expect(counts.int(1) == counts.int(0))
        }
      }
    }

    @Test(arguments: ["numeric(78,0)", "numeric(60,0)", "numeric(70,65)"])
    func `what changes in a wide number is not made up for by the number beside it`(_ wide: String) async throws {
      try await withDatabases { source, _ in
        try await source.run("CREATE TABLE t (id int, a numeric(7,2), b \(wide), c \(wide))")
        // The same digits in places that are any number of groups apart, in columns beside each other.
        try await source.run(
          """
          INSERT INTO t SELECT row_number() OVER (), a, b, c
          FROM unnest(ARRAY[0, 1, 10000, 'NaN', NULL]::numeric[]) a,
            (SELECT n * 10::numeric ^ e AS b FROM unnest(ARRAY[1, 14, 16, 18, 24, 30]) n, generate_series(-64, 72, 4) e
              WHERE n * 10::numeric ^ e < (CASE '\(wide)' WHEN 'numeric(70,65)' THEN 1e5
                WHEN 'numeric(60,0)' THEN 1e60 ELSE 1e78 END) AND (e >= 0 OR '\(wide)' = 'numeric(70,65)')) b,
            unnest(ARRAY[0, 1, 'NaN']::numeric[]) c
          """)
        try await DigestLooks.with(source) { looks in
          let facts = try #require(try await looks.facts(["t"]).first)
          let look = try #require(DigestLooks.look(facts, row: "r", without: ["id"]))
          let answer = try await looks.connection.query(
            "SELECT count(DISTINCT ROW(a, b, c)), count(DISTINCT \(look)), count(*) FROM public.t r")
          let counts = try #require(answer.rows.first)
          #expect(counts.int(0) == counts.int(1))
          #expect(counts.int(2) ?? 0 > 1000)
        }
      }
    }

    @Test func `the looks of a million rows are all different`() async throws {
      try await withDatabases { source, _ in
        try await source.run("CREATE TABLE t (id bigint, a numeric(10,2), b timestamp, c int)")
        try await DigestLooks.with(source) { looks in
          let facts = try #require(try await looks.facts(["t"]).first)
          let look = try #require(DigestLooks.look(facts, row: "r"))
          let answer = try await looks.connection.query(
            """
            SELECT count(DISTINCT \(look)), count(DISTINCT (\(look)) & 1048575) FROM (
              SELECT g::bigint AS id, (g % 7)::numeric(10,2) AS a, '2026-01-01'::timestamp AS b, 1 AS c
              FROM generate_series(1, 1000000) g) r
            """)
          #expect(answer.rows.first?.int(0) == 1_000_000)
          // Of 2^20 numbers drawn a million times, 2^20 (1 - e^-0.9537) are met; the standard deviation is 400.
          let met = answer.rows.first?.int(1) ?? 0
          #expect(abs(met - 644_500) < 4_000)
        }
      }
    }

    private static var edits: Int {
      ProcessInfo.processInfo.environment["PGTIDE_DIGEST_EDITS"].flatMap(Int.init) ?? 30_000
    }

    /// Each row gets one edit, of one of its columns and of a kind drawn at random.
    @Test func `of random edits none is missed`() async throws {
      let count = Self.edits
      let seed = Double.random(in: -1...1)
      print("random edits: \(count), setseed(\(seed))")
      try await withDatabases { source, _ in
        try await source.run("SELECT setseed(\(seed)); \(RandomEdits.script(rows: count))")
        try await DigestLooks.with(source) { looks in
          let facts = try await looks.facts(["before", "after"])
          let (before, after) = (
            try #require(DigestLooks.look(facts[0], row: "b")), try #require(DigestLooks.look(facts[1], row: "a"))
          )
          let answer = try await looks.connection.query(
            """
            SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE b OPERATOR(pg_catalog.*=) a),
              pg_catalog.count(*) FILTER (WHERE \(before) = \(after)
                AND b OPERATOR(pg_catalog.*<>) a)
            FROM public.before b JOIN public.after a ON a.id = b.id
            """)
          let counts = try #require(answer.rows.first)
          #expect(counts.int(0) == count)
          #expect(counts.int(1) == 0, "edits that change nothing")
          #expect(counts.int(2) == 0, "edits that were missed")
        }
      }
    }

    @Test func `what a session has kept of its buckets is gone with its transaction`() async throws {
      try await withScenario(
        source: "CREATE TABLE t AS SELECT g AS id FROM generate_series(1, 3000) g; ANALYZE t",
        target: "CREATE TABLE t (id int PRIMARY KEY, source text)"
      ) { scenario in
        let ends = [scenario.source, scenario.target].map {
          ConnectionOptions(label: "end", connectionString: $0.connectionString)
        }
        try await withConnection(ends[0]) { here in
          try await withConnection(ends[1]) { there in
            let plan = try await Planner(scenario.configuration("t")).plan(source: here, target: there)
            let table = try #require(plan.tables.first)
            #expect(table.digest.isKept)
            let sql = DigestSQL(table: table, place: 0)
            let ask: SQL = "SELECT pg_catalog.length(pg_catalog.current_setting('pgtide.digest_0', true))"
            let answers = try await here.batch(["BEGIN READ ONLY", sql.whole(.source), ask, "COMMIT", ask])
            #expect(answers[1].rows.first?.int(0) == 3000)
            #expect(answers[2].rows.first?.int(0) ?? 0 > 3000)
            #expect(answers[4].rows.first?.int(0) == 0)
          }
        }
      }
    }
  }
}
