import EphemeralPostgres
import Postgres
import Testing

@testable import PGTide

extension Integration {
  /// Digests of a table with columns that are filled with constants.
  @Suite(.needs(.sourceVersion(14))) struct ConstantTests {
    private static let source = """
      CREATE TABLE t (id int, v text); INSERT INTO t SELECT g, 'v' FROM generate_series(1, 1000) g; ANALYZE t;
      """
    private static let target = """
      CREATE TABLE t (id int PRIMARY KEY, v text, land varchar(6), code char(4), rate numeric(5,2), whole numeric, flag bool,
        source text);
      """

    private func table(land: String, rate: String = "1.5") -> [TableConfiguration] {
      var table = TableConfiguration(target: TableName(name: "t"))
      let constants = ["land": land, "code": "A", "rate": rate, "whole": "-0.10", "flag": "yes"]
      table.columns = constants.sorted { $0.key < $1.key }.map {
        ColumnMapping(column: ObjectName($0.key), value: .constant($0.value))
      }
      return [table]
    }

    @Test func `a constant is what the target has, or the rows differ`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        _ = try await scenario.syncByDigest(table(land: "office"))
        let level = try #require(try await scenario.syncByDigest(table(land: "office")).table("t"))
        #expect(level.counts.matched == 1000 && level.bytes == 0)

        try await scenario.target.run("UPDATE t SET whole = -0.1 WHERE id = 500; UPDATE t SET flag = NULL WHERE id = 1")
        let mended = try #require(try await scenario.syncByDigest(table(land: "office")).table("t"))
        #expect(mended.counts.updated == 2 && mended.counts.matched > 800)

        let others = try #require(try await scenario.syncByDigest(table(land: "home", rate: "1.51")).table("t"))
        #expect(others.counts.updated == 1000)
        #expect(try await scenario.target.value("SELECT DISTINCT land || rate || whole FROM t") == "home1.51-0.10")
      }
    }
  }
}
