import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Tables and rows as wide as they can be.
  @Suite struct SizeTests {
    /// 1,600 columns is all that a table may have (manual, "Appendix K. PostgreSQL Limits").
    @Test func `a table of 1,600 columns is brought level, and its rejects are told`() async throws {
      func table(_ type: String, _ more: String) -> String {
        """
        SELECT format('CREATE TABLE t (id int PRIMARY KEY, %s\(more))', string_agg(format('c%s \(type)', g), ', '))
        FROM generate_series(1, 1598) g \\gexec
        """
      }
      let fill = """
        SELECT format('INSERT INTO t SELECT r, %s FROM generate_series(1, 30) r', string_agg(format('r + %s', g), ', '))
        FROM generate_series(1, 1598) g \\gexec
        UPDATE t SET c700 = 100000 WHERE id = 7;
        UPDATE t SET c1598 = NULL WHERE id = 8;
        """
      try await withScenario(
        source: "\(table("int", ""))\n\(fill)", target: table("smallint NOT NULL", ", source text")
      ) { scenario async throws in
        let first = try await scenario.sync(scenario.configuration("t"))
        #expect(first.table("t")?.error == nil)
        #expect(first.totals.inserted == 28)
        #expect(first.table("t")?.rejectReasons == ["does not fit": 1, "NULL in a NOT NULL column": 1])
        #expect(
          try await scenario.target.rows(
            "SELECT column_name, row_data ->> 'c1' FROM pgtide.rejects ORDER BY 1") == [
              ["c1598", "9"], ["c700", "8"],
            ])
        try await scenario.source.run("UPDATE t SET c1598 = 0 WHERE id = 3")
        let second = try await scenario.sync(scenario.configuration("t"))
        #expect(second.totals.updated == 1)
        #expect(second.totals.unchanged == 27)
        #expect(try await scenario.target.value("SELECT c1598 FROM t WHERE id = 3") == "0")
      }
    }

    @Test func `a row of 100 megabytes arrives whole, and stands there unchanged`() async throws {
      let source = """
        CREATE TABLE t (id int, b bytea, v text); ALTER TABLE t ALTER b SET STORAGE EXTERNAL;
        INSERT INTO t SELECT 2, decode(repeat('00ff0a5c', 25 << 20), 'hex'), repeat('ä', 1 << 20);
        INSERT INTO t SELECT g, '\\x00', 'small' FROM generate_series(3, 2000) g;
        """
      try await withScenario(
        source: source, target: "CREATE TABLE t (id int PRIMARY KEY, b bytea, v text, source text)"
      ) { scenario async throws in
        let digest = "SELECT count(*), sum(length(b)), md5(string_agg(md5(b) || md5(v), '' ORDER BY id)) FROM t"
        #expect(try await scenario.sync(scenario.configuration("t")).outcome == .success)
        #expect(try await scenario.target.rows(digest) == scenario.source.rows(digest))
        #expect(try await scenario.sync(scenario.configuration("t")).totals.unchanged == 1999)
      }
    }
  }
}
