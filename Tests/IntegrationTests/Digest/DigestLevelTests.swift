import EphemeralPostgres
import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

extension Integration {
  /// Digests of large tables are asked for level by level, and what they cost does not grow with the rows.
  @Suite(.needs(.sourceVersion(14))) struct DigestLevelTests {
    /// 20,000 rows, in buckets that are asked for in groups.
    private static let large = """
      CREATE TABLE t AS SELECT g AS id, 'a' || g AS a FROM generate_series(1, 20000) g; ANALYZE t;
      """

    @Test(arguments: [1 << 15, 64])
    func `in a large table the rows that changed are found among few others`(_ buckets: Int) async throws {
      try await withScenario(source: Self.large, target: "CREATE TABLE t (id int PRIMARY KEY, a text, source text)") {
        scenario in
        var configuration = scenario.configuration("t")
        configuration.settings.digest = .auto
        configuration.settings.digestShape.mostBuckets = buckets
        configuration.settings.digestShape.fan = 8
        configuration.settings.digestShape.bytesToSplit = 0
        _ = try await scenario.sync(configuration)
        try await scenario.source.run(
          """
          UPDATE t SET a = 'x' WHERE id IN (1, 777, 20000); DELETE FROM t WHERE id = 500;
          INSERT INTO t VALUES (20001, 'new')
          """)
        let counts = try await scenario.sync(configuration).totals
        #expect(counts.updated == 3)
        #expect(counts.inserted == 1)
        #expect(counts.unchanged == 19_996)
        // Four buckets of about 16 rows, and as many again where their numbers meet.
        #expect(counts.staged <= 250)
        configuration.settings.digest = .never
        let last = try await scenario.sync(configuration).totals
        #expect(last.updated + last.inserted == 0)
      }
    }

    @Test func `a table that is level costs as many bytes with 20000 rows as with 20`() async throws {
      func bytes(_ source: String) async throws -> (source: Int, target: Int) {
        try await withScenario(source: source, target: "CREATE TABLE t (id int PRIMARY KEY, a text, source text)") {
          scenario in
          _ = try await scenario.syncByDigest()
          let ends = [scenario.source, scenario.target].map {
            ConnectionOptions(label: "end", connectionString: $0.connectionString)
          }
          return try await withConnection(ends[0]) { here in
            try await withConnection(ends[1]) { there in
              let plan = try await Planner(scenario.configuration("t")).plan(source: here, target: there)
              let sql = DigestSQL(table: try #require(plan.tables.first), place: 0)
              return (
                Self.bytes(of: try await here.query(sql.whole(.source))),
                Self.bytes(of: try await there.query(sql.whole(.target)))
              )
            }
          }
        }
      }
      let (small, large) = (
        try await bytes("CREATE TABLE t AS SELECT g AS id, 'a' || g AS a FROM generate_series(1, 20) g"),
        try await bytes(Self.large)
      )
      for bytes in [small.source, small.target, large.source, large.target] { #expect(bytes <= 200) }
    }

    /// What an answer takes on the wire (manual, "55.7 Message Formats").
    private static func bytes(of answer: QueryResult) -> Int {
      let description = 7 + answer.columns.map { $0.utf8.count + 19 }.reduce(0, +)
      let rows = answer.rows.map { row in
        7 + answer.columns.indices.map { 4 + (row[$0]?.utf8.count ?? 0) }.reduce(0, +)
      }
      // ParseComplete and BindComplete stand before it.
      return 10 + description + rows.reduce(0, +) + 6 + answer.commandTag.utf8.count
    }
  }
}
