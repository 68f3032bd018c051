import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Runs that read only what has changed, as a column of the source tells it (`changed_by`).
  @Suite struct ChangedByTests {
    private static let source = """
      CREATE TABLE card (id int PRIMARY KEY, v text, changed timestamptz);
      INSERT INTO card SELECT g, 'v' || g, now() - interval '1 day' FROM generate_series(1, 300) g;
      CREATE INDEX ON card (changed);
      """
    private static let target = "CREATE TABLE card (id int PRIMARY KEY, v text NOT NULL, source char(1) DEFAULT 'M')"

    private func withCards<R: Sendable>(
      source: String = source, _ body: (Scenario) async throws -> R
    ) async throws -> R {
      try await withScenario(source: source, target: Self.target) { scenario async throws in
        let first = try await scenario.sync(scenario.changing("card"))
        #expect(first.table("card")?.changedBy?.reason == "no run has looked at all of them yet")
        #expect(first.mode == "full")
        return try await body(scenario)
      }
    }

    @Test func `a run reads what has changed, deletes nothing, and leaves the rest to a run over all rows`()
      async throws
    {
      try await withCards { scenario async throws in
        let configuration = scenario.changing("card")
        try await scenario.source.run(
          """
          UPDATE card SET v = 'silent' WHERE id = 5; UPDATE card SET v = 'told', changed = now() WHERE id = 6;
          DELETE FROM card WHERE id = 7; INSERT INTO card VALUES (400, 'without a time', NULL);
          """)
        let dry = try await scenario.sync(configuration, options: Sync.Options(isDryRun: true))
        #expect(dry.totals.read == 2)
        let before = try await scenario.mark()
        let report = try await scenario.sync(configuration, options: Sync.Options(proves: true))
        #expect(report.table("card")?.changedBy?.since == before)
        #expect(report.mode == "incremental")
        #expect(
          [report.totals.read, report.totals.updated, report.totals.inserted, report.totals.deleted] == [2, 1, 1, 0])
        #expect(report.totals.targetOnly == nil)
        // A proof looks at all rows.
        #expect(report.proof?.outcome == .different)
        #expect(report.proof?.tables.map { [$0.differ, $0.targetOnly] } == [[1, 1]])
        #expect(try await scenario.mark() > before)
        #expect(try await scenario.sync(configuration).totals.written == 0)

        // Everything that rests on all rows: `mode`, the time that has gone, an emptied table, other rules.
        var full = configuration
        full.settings.mode = .full
        let looked = try await scenario.sync(full, options: Sync.Options(isDryRun: true))
        #expect([looked.totals.updated, looked.totals.deleted] == [1, 1])
        try await scenario.target.run(
          """
          UPDATE pgtide.run_tables SET changed_by = jsonb_set(changed_by, '{full_at}', to_jsonb(now() - interval '25 h'))
          """)
        let late = try await scenario.sync(configuration)
        #expect(late.table("card")?.changedBy?.reason?.hasSuffix("and they are every 1d") == true)
        #expect([late.totals.updated, late.totals.deleted] == [1, 1])
        #expect(try await scenario.target.value("SELECT v FROM card WHERE id = 5") == "silent")
        #expect(try await scenario.sync(configuration).table("card")?.changedBy?.reason == nil)
        try await scenario.target.run("TRUNCATE card")
        #expect(try await scenario.sync(configuration).totals.inserted == 300)
        try await scenario.source.run("CREATE TABLE copy AS TABLE card; TRUNCATE card; INSERT INTO card TABLE copy")
        #expect(try await scenario.sync(configuration).totals.read == 300)
        var other = configuration
        other.tables[0].filter = "src.id > 0"
        other.tables[0].scope = "true"
        #expect(try await scenario.sync(other).table("card")?.changedBy?.reason?.hasPrefix("the configuration") == true)
        #expect(try await scenario.sync(other).table("card")?.changedBy?.reason == nil)
      }
    }

    @Test func `what a transaction in flight writes later is seen by the run after it`() async throws {
      try await withCards { scenario async throws in
        let configuration = scenario.changing("card")
        let options = ConnectionOptions(label: "app", connectionString: scenario.source.connectionString)
        try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "UPDATE public.card SET v = 'slow', changed = now() WHERE id = 1"])
          let began = try await app.query("SELECT (now() AT TIME ZONE 'UTC') || '+00'").rows[0].text(0)
          try await scenario.source.run("UPDATE card SET v = 'quick', changed = clock_timestamp() WHERE id = 2")
          #expect(try await scenario.sync(configuration).totals.updated == 1)
          #expect(
            try await scenario.target.value("SELECT '\(began)'::timestamptz >= '\(scenario.mark())'::timestamptz")
              == "t")
          // One that has written nothing yet counts as well.
          try await app.batch(["COMMIT", "BEGIN"])
          let second = try await app.query("SELECT (now() AT TIME ZONE 'UTC') || '+00'").rows[0].text(0)
          #expect(try await scenario.sync(configuration).totals.updated == 1)
          try await app.batch(["UPDATE public.card SET v = 'late', changed = now() WHERE id = 3", "COMMIT"])
          #expect(
            try await scenario.target.value("SELECT '\(second)'::timestamptz >= '\(scenario.mark())'::timestamptz")
              == "t")
        }
        #expect(try await scenario.sync(configuration).totals.updated == 1)
        #expect(
          try await scenario.target.value("SELECT string_agg(v, ' ' ORDER BY id) FROM card WHERE id < 4")
            == "slow quick late")
      }
    }

    @Test func `where it is hidden since when others write, the mark stays`() async throws {
      try await withCards { scenario async throws in
        let reader = "reader_\(UInt64.random(in: .min ... .max))"
        try await scenario.source.run("CREATE ROLE \(reader) LOGIN; GRANT SELECT ON card TO \(reader)")
        var configuration = scenario.changing("card")
        configuration.source.connection += " user=\(reader)"
        let mark = try await scenario.mark()
        let options = ConnectionOptions(label: "app", connectionString: scenario.source.connectionString)
        try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "UPDATE public.card SET v = 'slow', changed = now() WHERE id = 1"])
          let report = try await scenario.sync(configuration)
          #expect(report.table("card")?.changedBy?.since == mark)
          #expect(report.table("card")?.notices.contains { $0.contains("GRANT pg_read_all_stats") } == true)
          #expect(try await scenario.mark() == mark)
          try await app.query("COMMIT")
        }
        let report = try await scenario.sync(configuration)
        #expect(report.totals.updated == 1)
        #expect(report.table("card")?.changedBy?.reason?.contains("hides when 1 transaction began") == true)
        #expect(try await scenario.mark() > mark)
        // Settings of which the user's own SQL takes notice are asked for as far as the role may see them.
        configuration.tables[0].columns = [ColumnMapping(column: "v", value: .expression("lower(src.v)"))]
        #expect(try await scenario.sync(configuration).outcome == .success)
        try await scenario.source.run("DROP OWNED BY \(reader); DROP ROLE \(reader)")
      }
    }

    @Test func `rows that could not go in, and those of a table that failed, are tried again`() async throws {
      try await withCards { scenario async throws in
        let configuration = scenario.changing("card")
        try await scenario.source.run("UPDATE card SET v = NULL, changed = now() WHERE id = 8")
        let mark = try await scenario.mark()
        #expect(try await scenario.sync(configuration).totals.rejected == 1)
        #expect(try await scenario.mark() == mark)
        // The time is the old one.
        try await scenario.source.run("UPDATE card SET v = 'mended' WHERE id = 8")
        let mended = try await scenario.sync(configuration)
        #expect(mended.totals.updated == 1)
        #expect(mended.table("card")?.changedBy?.reason?.contains("1 rejected") == true)

        try await scenario.target.run(Scenario.failing("card"))
        try await scenario.source.run("UPDATE card SET v = 'failing', changed = now() WHERE id = 9")
        #expect(try await scenario.sync(configuration).outcome == .failed)
        try await scenario.target.run("DROP TRIGGER fail ON card")
        #expect(try await scenario.sync(configuration).totals.updated == 1)

        // After a run over all rows, what could not go in may have any time.
        try await scenario.target.run("ALTER TABLE card ADD CHECK (v <> 'bad')")
        try await scenario.source.run("UPDATE card SET v = 'bad' WHERE id = 10")
        #expect(try await scenario.sync(configuration).totals.rejected == 1)
        try await scenario.source.run("UPDATE card SET v = 'good' WHERE id = 10")
        let good = try await scenario.sync(configuration)
        #expect(good.table("card")?.changedBy?.reason?.contains("1 rejected") == true)
        #expect(good.totals.updated == 1)
        #expect(try await scenario.sync(configuration).table("card")?.changedBy?.since != nil)
      }
    }

    /// Columns without a zone are written by sessions in several of them.
    @Test(arguments: ["timestamp", "date"])
    func `a time without a zone may be that of any, and rows of one key are read together`(type: String) async throws {
      let source = Self.source.replacing("timestamptz", with: type).replacing(" PRIMARY KEY", with: "")
        .replacing("1 day", with: "3 days")
      try await withCards(source: source) { scenario async throws in
        let configuration = scenario.changing("card")
        try await scenario.source.run(
          """
          UPDATE card SET v = 'east', changed = timezone('Pacific/Kiritimati', now()) WHERE id = 1;
          UPDATE card SET v = 'west', changed = timezone('Etc/GMT+12', now()) WHERE id = 2;
          INSERT INTO card VALUES (3, 'twice', now());
          """)
        let report = try await scenario.sync(configuration)
        #expect(report.totals.updated == 2)
        // The other row of its key has not changed.
        #expect(report.totals.rejected == 2)
        #expect(report.totals.read == 4)
        #expect(report.table("card")?.notices.contains { $0.hasPrefix("no index of the source") } == false)
      }
    }

    @Test func `what a column cannot tell is refused, or looked at as a whole`() async throws {
      try await withCards { scenario async throws in
        func refusal(_ change: (inout TableConfiguration) -> Void) async throws -> String {
          var configuration = scenario.changing("card")
          change(&configuration.tables[0])
          do {
            _ = try await Sync(configuration).plan()
            return "none"
          } catch let refusal as PlanRefusal {
            return "\(refusal)"
          }
        }
        #expect(try await refusal { $0.changedBy?.column = "id" }.contains("a number does not say"))
        #expect(try await refusal { $0.changedBy?.column = "chnged" }.contains("Did you mean changed?"))
        #expect(try await refusal { $0.duplicates = .last(by: "src.id") }.contains("does not go with `duplicates`"))
        let looking = LookupConfiguration(
          table: TableName(name: "card"), by: [.init(column: "id", value: "id")], take: "v")
        #expect(
          try await refusal { $0.columns = [ColumnMapping(column: "v", value: .lookup(looking))] }
            .contains("does not go with a lookup"))
        try await scenario.source.run("CREATE MATERIALIZED VIEW heap AS SELECT * FROM card")
        #expect(
          try await refusal { $0.source = .relation(TableName(name: "heap")) }
            .contains("does not go with a materialized view, whose rows come later"))
        try await scenario.source.run("DROP INDEX card_changed_idx")
        let plan = PlanSummary(try await Sync(scenario.changing("card")).plan())
        #expect(plan.tables[0].notices.contains { $0.hasPrefix("no index of the source begins with changed") })
        #expect(plan.tables[0].changedBy?.hasPrefix("changed: rows since ") == true)
        #expect(plan.tables[0].deletes == "remove, in runs over all rows")
        #expect(plan.tables[0].sql.contains { $0.sql.contains("make_interval") && $0.purpose == "read the rows" })
      }
    }
  }
}

extension Scenario {
  /// A sync of a table with the column `changed`, that deletes what the source no longer has.
  fileprivate func changing(_ table: String) -> SyncConfiguration {
    var configuration = removing(table)
    configuration.tables[0].changedBy = ChangeRule(column: "changed", overlap: .seconds(1))
    return configuration
  }

  /// Up to where the last run over `card` that landed has seen all changes.
  fileprivate func mark() async throws -> String {
    try await target.value(
      """
      SELECT changed_by->>'mark' FROM pgtide.run_tables WHERE changed_by IS NOT NULL ORDER BY run_id DESC LIMIT 1
      """)
  }
}
