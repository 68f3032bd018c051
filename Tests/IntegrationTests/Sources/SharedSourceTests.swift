import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Several entries that read one relation of the source.
  @Suite struct SharedSourceTests {
    @Test(arguments: ["heap", "parts", "view", "filled"]) func `each entry gets its rows, once`(
      relation: String
    ) async throws {
      let source = """
        CREATE TABLE heap AS SELECT g AS id, g % 100 AS amount FROM generate_series(1, 1000) g;
        CREATE TABLE parts (id int, amount int) PARTITION BY HASH (id);
        CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO parts SELECT * FROM heap; CREATE VIEW view AS SELECT * FROM heap;
        CREATE MATERIALIZED VIEW filled AS SELECT * FROM heap;
        """
      let target = "CREATE TABLE small (id int PRIMARY KEY, amount int); CREATE TABLE large (LIKE small INCLUDING ALL)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let from = SourceConfiguration.relation(TableName(name: relation))
        var configuration = scenario.configuration([
          TableConfiguration(target: TableName(name: "small"), source: from, filter: "src.amount < 50"),
          TableConfiguration(target: TableName(name: "large"), source: from, filter: "src.amount >= 50"),
        ])
        configuration.origin = .allRowsAreOurs
        configuration.settings.digest = .auto
        let first = try await scenario.sync(configuration)
        #expect(first.totals.read == 1000)
        #expect(first.totals.inserted == 1000)
        #expect(try await scenario.sync(configuration).totals.unchanged == 1000)
      }
    }
  }
}
