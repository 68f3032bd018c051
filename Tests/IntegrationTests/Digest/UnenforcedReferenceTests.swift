import EphemeralPostgres
import Postgres
import Testing

@testable import PGTide

extension Integration {
  /// Digests of a table whose parents only the configuration knows.
  @Suite(.needs(.sourceVersion(14))) struct UnenforcedReferenceTests {
    private static let source = """
      CREATE TABLE parents (id int, org int); INSERT INTO parents SELECT g, 1 FROM generate_series(1, 100) g;
      CREATE TABLE t (id int, parent int, org int, v text);
      INSERT INTO t SELECT g, g % 100 + 1, 1, 'v' FROM generate_series(1, 1000) g;
      INSERT INTO t VALUES (5000, NULL, 1, 'refers to nothing'); ANALYZE t;
      """
    private static let target = """
      CREATE TABLE parents (id int PRIMARY KEY, org int, source text);
      CREATE TABLE t (id int PRIMARY KEY, parent int, org int, v text, source text);
      """

    @Test func `a level table is not read, and children that lost their parent are rejected in each run`() async throws
    {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        var children = TableConfiguration(target: TableName(name: "t"))
        children.references = [
          ReferenceConfiguration(
            columns: ["parent", "org"], parent: TableName(name: "parents"), parentColumns: ["id", "org"])
        ]
        let tables = [TableConfiguration(target: TableName(name: "parents")), children]
        _ = try await scenario.syncByDigest(tables)
        let level = try #require(try await scenario.syncByDigest(tables).table("t"))
        #expect(level.counts.matched == 1001 && level.bytes == 0)
        #expect(try await scenario.check("t").comparison == .digest)

        // Two children that stand beside each other, so that one must not hide the other.
        try await scenario.source.run("DELETE FROM parents WHERE id IN (50, 51)")
        try await scenario.target.run("DELETE FROM parents WHERE id IN (50, 51)")
        for _ in 1...2 {
          let report = try #require(try await scenario.syncByDigest(tables).table("t"))
          #expect(report.rejectReasons == [RejectReason.missingParent.words: 20])
          #expect(report.counts.unchanged == 981)
          #expect(report.counts.matched > 0 && report.counts.updated + report.counts.inserted == 0)
        }
        // A parent that comes in the same run.
        try await scenario.source.run("INSERT INTO parents VALUES (50, 1), (51, 1)")
        let back = try #require(try await scenario.syncByDigest(tables).table("t"))
        #expect(back.counts.unchanged == 1001 && back.rejectReasons.isEmpty)
      }
    }
  }
}
