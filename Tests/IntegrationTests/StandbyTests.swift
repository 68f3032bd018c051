import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// A real standby at either end.
  @Suite struct StandbyTests {
    @Test func `a standby is a source with a remark, without unlogged tables, and a target of a check only`()
      async throws
    {
      try await PostgresCluster.withCluster(ServerPair.configured.target.options()) { primary in
        let office = try await primary.createDatabase(named: "office")
        try await office.run(
          """
          CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'new');
          CREATE UNLOGGED TABLE scratch (id int); INSERT INTO scratch VALUES (1);
          CREATE VIEW behind AS SELECT * FROM scratch;
          CREATE TABLE card (id int PRIMARY KEY, v text, changed timestamptz);
          INSERT INTO card VALUES (1, 'old', now() - interval '1 day');
          """)
        try await primary.withStandby { standby in
          try await withDatabases { other, target async throws in
            try await target.run(
              """
              CREATE TABLE t (id int PRIMARY KEY, v text, source text);
              CREATE TABLE scratch (id int PRIMARY KEY, source text);
              CREATE TABLE behind (id int PRIMARY KEY, source text);
              CREATE TABLE card (id int PRIMARY KEY, v text, source text);
              """)
            let fromStandby = Scenario(source: standby.database(named: "office"), target: target)
            try await refusesUnlogged(fromStandby)
            try await reads(fromStandby)
            try await other.run("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'new')")
            let toStandby = Scenario(source: other, target: standby.database(named: "office"))
            try await refusesTarget(toStandby)
            try await isChecked(toStandby)
            try await losesNothing(fromStandby, primary: Scenario(source: office, target: target))
          }
        }
      }
    }

    private func refusesUnlogged(_ scenario: Scenario) async throws {
      let before = try await scenario.target.everything()
      let refusal = await #expect(throws: PlanRefusal.self) {
        try await scenario.sync(
          scenario.configuration("t", "scratch", "behind"), options: Sync.Options(isDryRun: true))
      }
      #expect(refusal?.problems.map(\.table) == ["scratch", "behind"])
      #expect(
        refusal?.problems.first?.problem.contains("public.scratch is unlogged, and the source, a standby") == true)
      #expect(refusal?.problems.first?.advice.contains(#"ALTER TABLE "public"."scratch" SET LOGGED"#) == true)
      #expect(refusal?.problems.last?.problem.contains("unlogged relations during recovery") == true)
      #expect(try await scenario.target.everything() == before)
    }

    private func reads(_ scenario: Scenario) async throws {
      let report = try await scenario.sync(scenario.configuration("t"))
      #expect(report.totals.inserted == 1)
      #expect(report.notices.contains { $0.contains("the source is a standby") && $0.contains("cancelled after 30s") })
    }

    private func isChecked(_ scenario: Scenario) async throws {
      var configuration = scenario.configuration("t")
      configuration.origin = .allRowsAreOurs
      let level = try await scenario.check(configuration)
      #expect(level.outcome == .level)
      #expect(
        level.notices.contains { $0.contains("the target is a standby: tables can be compared by their digests") })
      try await scenario.source.run("UPDATE t SET v = 'newer'")
      let different = try await scenario.check(configuration)
      #expect(different.outcome != .level && different.tables[0].status == .failed)
      #expect(different.tables[0].error?.contains("a standby as the target takes no temporary tables") == true)
    }

    /// A standby may be behind: what it brings is older than what was read from the primary before, by any column.
    private func losesNothing(_ standby: Scenario, primary: Scenario) async throws {
      func sync(_ scenario: Scenario) async throws -> ChangesReport? {
        var configuration = scenario.configuration("card")
        configuration.stamps = StampRule()
        configuration.tables[0].changedBy = ChangeRule(column: "changed", overlap: .seconds(1))
        return try await scenario.sync(configuration).table("card")?.changedBy
      }
      let card = "SELECT v FROM card"
      _ = try await sync(primary)
      #expect(try await sync(primary)?.since != nil)
      try await standby.source.run("SELECT pg_wal_replay_pause()")
      try await standby.source.wait(for: "paused", from: "SELECT pg_get_wal_replay_pause_state()")
      try await primary.source.run("UPDATE card SET v = 'new', changed = now()")
      #expect(try await sync(primary)?.since != nil)
      #expect(try await primary.target.value(card) == "new")
      // The overlap goes by, so that the column says nothing of this row any more.
      try await primary.target.wait(
        for: "t", from: "SELECT clock_timestamp() > max(started_at) + interval '1100 ms' FROM pgtide.runs")
      #expect(try await sync(primary)?.since != nil)
      let behind = try await sync(standby)
      #expect(behind?.since == nil)
      #expect(behind?.reason?.contains("the source is a standby") == true)
      #expect(try await primary.target.value(card) == "old")
      // The standby is promoted in that state, and it is the source from now on.
      let again = try await sync(primary)
      #expect(again?.reason?.hasPrefix("the source is not the server") == true)
      #expect(try await primary.target.value(card) == "new")
      try await standby.source.run("SELECT pg_promote()")
      let promoted = try await sync(standby)
      #expect(promoted?.reason?.hasPrefix("the source is not the server") == true)
      #expect(try await primary.target.value(card) == (try await standby.source.value(card)))
      #expect(try await sync(standby)?.since != nil)
    }

    private func refusesTarget(_ scenario: Scenario) async throws {
      let refusal = await #expect(throws: PlanRefusal.self) { try await scenario.sync(scenario.configuration("t")) }
      #expect(refusal?.problems.contains { $0.problem == "the target is a standby, which takes no writes" } == true)
      #expect(refusal?.problems.contains { $0.advice == "Connect to its primary" } == true)
    }
  }
}
