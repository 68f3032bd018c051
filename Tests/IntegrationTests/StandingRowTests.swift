import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Rows that go in once (`updates: keep`), whatever becomes of them on either end.
  @Suite struct StandingRowTests {
    private static let source = """
      CREATE TABLE parents (id int);
      INSERT INTO parents VALUES (1);
      CREATE TABLE rows (id int, name text, parent int, size int);
      INSERT INTO rows VALUES (1, 'a', 1, 1), (2, 'b', 1, 1), (3, 'c', 1, 1), (4, 'd', 1, 1);
      """
    private static let target = """
      CREATE DOMAIN small AS int CHECK (value < 9);
      CREATE TABLE parents (id int PRIMARY KEY, source text);
      CREATE TABLE rows (id int, name varchar(3) NOT NULL, parent int, size small, source text DEFAULT 'M');
      """

    /// By its key, and by columns under `match`.
    @Test(arguments: [nil, PairingRule.keylessBy(match: ["id"])])
    func `a row that stands is no reject, whatever the source has by now`(pairing: PairingRule?) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        if pairing == nil { try await scenario.target.run("ALTER TABLE rows ADD PRIMARY KEY (id)") }
        var configuration = scenario.configuration([
          TableConfiguration(target: TableName(name: "parents")),
          TableConfiguration(
            target: TableName(name: "rows"), pairing: pairing,
            references: [ReferenceConfiguration(columns: ["parent"], parent: TableName(name: "parents"))]),
        ])
        configuration.updates = .keep
        #expect(try await scenario.sync(configuration).totals.inserted == 5)
        // Too long, without a value, without a parent, and refused by the domain.
        try await scenario.source.run(
          """
          UPDATE rows SET name = CASE id WHEN 1 THEN 'too long' WHEN 2 THEN NULL ELSE name END,
            parent = CASE id WHEN 3 THEN 7 ELSE parent END, size = CASE id WHEN 4 THEN 99 ELSE size END;
          INSERT INTO rows VALUES (5, 'e', 1, 1), (6, 'too long', 1, 1), (7, 'g', 7, 1), (8, 'h', 1, 99);
          """)
        let report = try await scenario.sync(configuration)
        #expect(
          (
            report.table("rows")?.counts.inserted, report.table("rows")?.counts.unchanged,
            report.table("rows")?.counts.rejected
          ) == (1, 4, 3))
        #expect(try await scenario.sync(configuration.staged).totals.written == 0)
        // One that the app has claimed is protected; one that it has deleted comes anew, and has to fit.
        try await scenario.target.run("UPDATE rows SET source = 'M' WHERE id = 1; DELETE FROM rows WHERE id = 4")
        let claimed = try await scenario.sync(configuration)
        #expect((claimed.totals.protected, claimed.totals.inserted, claimed.totals.rejected) == (1, 0, 4))
        #expect(
          try await scenario.target.value("SELECT string_agg(name || parent, ' ' ORDER BY id) FROM rows")
            == "a1 b1 c1 e1")
      }
    }
  }
}
