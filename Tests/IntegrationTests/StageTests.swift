import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// What stages and deltas hold between runs: no rows, and a file only where that is worth its room.
  @Suite struct StageTests {
    private static let source = "CREATE TABLE t AS SELECT g AS id, 'v' || g AS v FROM generate_series(1, 2000) g"
    private static let target = "CREATE TABLE t (id int PRIMARY KEY, v text, source text);"
    private static let stage = "pgtide.stage_forward_public_t"
    private static let delta = "pgtide.delta_forward_public_t"

    private func rows(_ scenario: Scenario) async throws -> [String] {
      try await scenario.target.rows(
        "SELECT (SELECT count(*) FROM \(Self.stage)), (SELECT count(*) FROM \(Self.delta))")[0]
    }

    /// With their wide values.
    private func bytes(_ scenario: Scenario) async throws -> Int {
      try await Int(
        scenario.target.value(
          """
          SELECT sum(pg_relation_size(oid) + pg_relation_size(reltoastrelid)) FROM pg_class
          WHERE oid = ANY ('{\(Self.stage),\(Self.delta)}'::regclass[])
          """))!
    }

    @Test func `a run of few changes leaves no rows, and makes no new files`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        var files: Set<String> = []
        for edited in 1...3 {
          try await scenario.source.run("UPDATE t SET v = v || '!' WHERE id <= \(edited)")
          let report = try await scenario.sync(scenario.configuration("t"))
          #expect(report.totals.updated == edited)
          #expect(try await rows(scenario) == ["0", "0"])
          files.insert(
            try await scenario.target.value(
              "SELECT pg_relation_filenode('\(Self.stage)') || ' ' || pg_relation_filenode('\(Self.delta)')"))
        }
        #expect(files.count == 1)
        #expect(
          try await scenario.target.value("SELECT string_agg(v, ' ' ORDER BY id) FROM t WHERE id < 5")
            == "v1!!! v2!! v3! v4")
      }
    }

    @Test func `a run of many changes leaves no rows and no files`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        try await scenario.source.run("UPDATE t SET v = v || '!'")
        #expect(try await scenario.sync(scenario.configuration("t")).totals.updated == 2000)
        #expect(try await bytes(scenario) == 0)
      }
    }

    @Test func `a run of a few wide rows does not keep their room`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        try await scenario.source.run(
          "UPDATE t SET v = (SELECT string_agg(md5(g || '-' || id), '') FROM generate_series(1, 3000) g) WHERE id <= 5")
        #expect(try await scenario.sync(scenario.configuration("t")).totals.updated == 5)
        // The delta's page.
        #expect(try await bytes(scenario) < 10_000)
      }
    }

    @Test func `files of wide values that a killed run has left are given back by the next`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        // A COPY that is killed early has filled the file of wide values, and the other one not yet.
        try await scenario.target.run(
          """
          BEGIN; INSERT INTO \(Self.stage)
            SELECT 1, string_agg(md5(g::text), '') FROM generate_series(1, 20000) g; ROLLBACK;
          UPDATE pgtide.runs SET status = 'running', finished_at = NULL
          """)
        #expect(try await bytes(scenario) > 300_000)
        #expect(try await scenario.sync(scenario.configuration("t")).totals.unchanged == 2000)
        #expect(try await bytes(scenario) == 0)
      }
    }

    @Test func `files that have grown are given back by the next run`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        try await scenario.target.run(
          "INSERT INTO \(Self.stage) SELECT id, v FROM t, generate_series(1, 5); DELETE FROM \(Self.stage)")
        #expect(try await bytes(scenario) > 300_000)
        #expect(try await scenario.sync(scenario.configuration("t")).totals.unchanged == 2000)
        #expect(try await bytes(scenario) == 0)
      }
    }

    private static let leftovers = """
      INSERT INTO \(stage) VALUES (-1, 'left'), (1, 'wrong'); INSERT INTO \(delta) VALUES ('(0,1)', 'insert')
      """

    @Test(arguments: [DigestRule.auto, .never])
    func `rows that are left in a stage do not reach the next run`(_ digest: DigestRule) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.settings.digest = digest
        try await scenario.sync(configuration)
        try await scenario.target.run(Self.leftovers)
        try await scenario.source.run("UPDATE t SET v = 'new' WHERE id = 7")
        let report = try await scenario.sync(configuration)
        #expect(report.outcome == .success)
        #expect(report.totals.unchanged == 1999)
        #expect(report.totals.updated == 1)
        #expect(try await rows(scenario) == ["0", "0"])
        #expect(
          try await scenario.target.value("SELECT count(*) FROM t WHERE id = -1 OR v IN ('left', 'wrong')") == "0")
      }
    }

    @Test func `what a run left that came to no end is gone after the next, which needs no stage`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        try await scenario.target.run(
          "\(Self.leftovers); UPDATE pgtide.runs SET status = 'running', finished_at = NULL")
        #expect(try await scenario.sync(scenario.configuration("t")).totals.unchanged == 2000)
        #expect(try await bytes(scenario) == 0)
      }
    }
  }
}
