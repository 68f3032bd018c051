import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Tables that will not land, because what they refer to did not.
  @Suite struct SkippedTableTests {
    @Test
    func `of a table whose parent has failed the chunk at work is the last one, and the report tells what was read`()
      async throws
    {
      let source = """
        CREATE TABLE parent AS SELECT 1 AS id;
        CREATE TABLE child AS SELECT g AS id, 1 AS parent, repeat('x', 30) AS v FROM generate_series(1, 20000) g;
        """
      let target = """
        CREATE TABLE parent (id int PRIMARY KEY, source text);
        CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent, v text, source text);
        """
      let gated =
        "CASE WHEN src.id % 100 = 1 AND pg_catalog.pg_advisory_xact_lock_shared(7) IS NULL THEN NULL ELSE src.v END"
      try await withScenario(source: source, target: target + Scenario.failing("parent")) { scenario async throws in
        var settings = RunSettings.staged
        (settings.jobs, settings.chunkBytes) = (2, 64 << 10)
        let configuration = scenario.configuration(
          [
            TableConfiguration(target: TableName(name: "parent")),
            TableConfiguration(
              target: TableName(name: "child"), columns: [ColumnMapping(column: "v", value: .expression(gated))]),
          ], settings: settings)
        let options = ConnectionOptions(label: "gate", connectionString: scenario.source.connectionString)
        let report = try await Postgres.withConnection(options) { gate in
          try await gate.query("SELECT pg_advisory_lock(7)")
          async let running = scenario.sync(configuration)
          try await scenario.source.wait(for: "t", from: TestDatabase.waitingForLock)
          try await scenario.target.wait(
            for: "failed", from: "SELECT max(status) FROM pgtide.run_tables WHERE table_name = 'parent'")
          try await gate.query("SELECT pg_advisory_unlock(7)")
          return try await running
        }
        let child = try #require(report.table("child"))
        #expect(child.status == .skipped)
        #expect(child.counts.read > 0 && child.counts.read < 20_000)
        #expect(child.counts.staged == child.counts.read)
        #expect(report.totals.read == child.counts.read + 1)
        #expect(
          try await scenario.target.rows(
            "SELECT rows_read, staged, inserted FROM pgtide.run_tables WHERE table_name = 'child'")
            == [["\(child.counts.read)", "\(child.counts.read)", "0"]])
        #expect(try await scenario.target.value("SELECT count(*) FROM child") == "0")
      }
    }
  }
}
