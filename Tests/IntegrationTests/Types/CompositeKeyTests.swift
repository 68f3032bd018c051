import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Keys whose values have fields. Of such a value with a NULL in it, neither IS NULL nor IS NOT NULL holds.
  @Suite struct CompositeKeyTests {
    @Test(arguments: ["PRIMARY KEY", "UNIQUE"]) func `a NULL in a field is no missing row`(_ kind: String) async throws
    {
      let type = "CREATE TYPE pair AS (x int, y int);"
      let source = """
        \(type) CREATE TABLE card (k pair, v text);
        INSERT INTO card VALUES (ROW(1, NULL)::pair, 'a'), (ROW(1, 2)::pair, 'b'), (ROW(NULL, 3)::pair, 'c')
        """
      let target = "\(type) CREATE TABLE card (k pair \(kind), v text, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.removing("card").staged
        configuration.tables[0].key = ["k"]
        #expect(try await scenario.sync(configuration).totals.inserted == 3)
        let again = try await scenario.sync(configuration).totals
        #expect([again.unchanged, again.updated, again.targetOnly, again.rejected] == [3, 0, 0, 0])
        #expect(try await scenario.check(configuration).tables.map(\.level) == [3])
        try await scenario.source.run("DELETE FROM card WHERE v = 'a'; UPDATE card SET v = 'd' WHERE v = 'c'")
        let changed = try await scenario.sync(configuration).totals
        #expect([changed.deleted, changed.updated] == [1, 1])
        #expect(try await scenario.target.rows("SELECT v FROM card ORDER BY v") == [["b"], ["d"]])
      }
    }
  }
}
