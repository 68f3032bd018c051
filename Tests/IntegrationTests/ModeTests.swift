import EphemeralPostgres
import PGTide
import Postgres
import Synchronization
import Testing

extension Integration {
  /// Dry runs, atomic runs, failures of single tables, and what a run writes down.
  @Suite struct ModeTests {
    private static let source = """
      CREATE TABLE parent (id int, n int); INSERT INTO parent VALUES (1, 1), (2, 2);
      CREATE TABLE child (id int, parent int); INSERT INTO child VALUES (1, 1), (2, 9);
      CREATE TABLE other (id int); INSERT INTO other VALUES (1);
      """
    private static let target = """
      CREATE TABLE parent (id int PRIMARY KEY, n int, source text);
      CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent, source text);
      CREATE TABLE other (id int PRIMARY KEY, source text);
      """

    private func withTables<R: Sendable>(_ body: (Scenario) async throws -> R) async throws -> R {
      try await withScenario(source: Self.source, target: Self.target, body)
    }

    private func configuration(_ scenario: Scenario) -> SyncConfiguration {
      scenario.configuration("other", "child", "parent")
    }

    @Test func `a dry run counts what the run after it does, and writes to the schema pgtide only`() async throws {
      try await withTables { scenario async throws in
        let dry = try await scenario.sync(configuration(scenario), options: Sync.Options(isDryRun: true))
        for table in ["parent", "child", "other"] {
          #expect(try await scenario.target.value("SELECT count(*) FROM \(table)") == "0")
        }
        #expect(try await scenario.target.value("SELECT to_regclass('_sync_metadata') IS NULL") == "t")
        let real = try await scenario.sync(configuration(scenario))
        #expect(dry.tables.map(\.counts) == real.tables.map(\.counts))
        #expect(dry.outcome == .rejects)
      }
    }

    @Test(.needs(.sourceVersion(14)))
    func `a table in which nothing is to be written takes one transaction`() async throws {
      try await withTables { scenario async throws in
        // Compared by single rows: what a digest shows to be level takes none.
        let configuration = scenario.configuration("parent", "other").staged
        try await scenario.sync(configuration)
        let begun = Mutex<[String]>([])
        let report = try await scenario.sync(
          configuration,
          options: Sync.Options(
            tracer: { trace in
              guard trace.connection.hasPrefix("target "), trace.statement.hasPrefix("BEGIN") else { return }
              begun.withLock { $0.append(trace.statement) }
            }))
        #expect(report.totals.unchanged == 3)
        // And one for both that empties their stages, whose files the first run has left.
        #expect(begun.withLock(\.count) == 3)
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.run_tables WHERE unchanged > 0") == "2")
      }
    }

    @Test func `a report counts the round trips that follow each other, fewer where nothing is to be written`()
      async throws
    {
      try await withTables { scenario async throws in
        let first = try await scenario.sync(configuration(scenario).staged)
        let second = try await scenario.sync(configuration(scenario).staged)
        #expect(second.roundTrips.target > 10)
        #expect(second.roundTrips.target < first.roundTrips.target)
        #expect(second.roundTrips.source > 3)
      }
    }

    @Test func `an incremental run does what a full one does, and says what it was asked for`() async throws {
      try await withTables { scenario async throws in
        var asked = configuration(scenario)
        let first = try await scenario.sync(asked)
        asked.settings.mode = .incremental
        let second = try await scenario.sync(asked)
        let dry = try await scenario.sync(asked, options: Sync.Options(isDryRun: true))
        #expect([first, second, dry].map(\.mode) == ["full", "incremental", "incremental"])
        #expect(second.totals.unchanged == first.totals.inserted)
        #expect(second.totals.rejected == first.totals.rejected)
        #expect(
          try await scenario.target.value("SELECT string_agg(mode, '; ' ORDER BY run_id) FROM pgtide.runs")
            == "full; incremental; incremental, dry run")
      }
    }

    @Test func `an atomic run lands all tables`() async throws {
      try await withTables { scenario async throws in
        let report = try await scenario.sync(configuration(scenario), options: Sync.Options(isAtomic: true))
        #expect(report.outcome == .rejects)
        #expect(report.totals.inserted == 4)
        // One transaction wrote everything.
        let writers =
          "SELECT count(DISTINCT x) FROM (SELECT xmin::text x FROM parent UNION ALL SELECT xmin::text FROM child UNION ALL SELECT xmin::text FROM other) w"
        #expect(try await scenario.target.value(writers) == "1")
      }
    }

    @Test func `an atomic run lands nothing when one table fails`() async throws {
      try await withTables { scenario async throws in
        try await scenario.target.run(Scenario.failing("child"))
        let report = try await scenario.sync(configuration(scenario), options: Sync.Options(isAtomic: true))
        #expect(report.outcome == .failed)
        #expect(report.tables.allSatisfy { $0.status == .failed })
        #expect(report.totals.written == 0)
        for table in ["parent", "child", "other"] {
          #expect(try await scenario.target.value("SELECT count(*) FROM \(table)") == "0", "\(table)")
        }
        // The reject is kept all the same.
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.rejects") == "1")
      }
    }

    @Test func `max-rejects counts the whole run when it is atomic`() async throws {
      let source =
        "CREATE TABLE a (id int); INSERT INTO a VALUES (NULL); CREATE TABLE b (id int); INSERT INTO b VALUES (NULL), (1)"
      let target = "CREATE TABLE a (id int PRIMARY KEY, source text); CREATE TABLE b (id int PRIMARY KEY, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let tables = ["a", "b"].map { TableConfiguration(target: TableName(name: $0)) }
        let configuration = scenario.configuration(tables, settings: RunSettings(maxRejects: 1))
        let atomic = try await scenario.sync(configuration, options: Sync.Options(isAtomic: true))
        #expect(atomic.outcome == .failed)
        #expect(try await scenario.target.value("SELECT count(*) FROM b") == "0")
        let each = try await scenario.sync(configuration)
        #expect(each.outcome == .rejects)
      }
    }

    @Test func `a table that fails takes its dependants along, and nothing else`() async throws {
      try await withTables { scenario async throws in
        try await scenario.target.run(Scenario.failing("parent"))
        let report = try await scenario.sync(configuration(scenario))
        #expect(report.outcome == .partial)
        #expect(report.table("parent")?.status == .failed)
        #expect(report.table("child")?.status == .skipped)
        #expect(report.table("other")?.status == .success)
        #expect(try await scenario.target.value("SELECT count(*) FROM other") == "1")
        #expect(try await scenario.target.value("SELECT count(*) FROM parent") == "0")
      }
    }

    @Test func `the history and the status table tell how each table ended`() async throws {
      try await withTables { scenario async throws in
        try await scenario.target.run(Scenario.failing("other"))
        let report = try await scenario.sync(configuration(scenario))
        #expect(
          try await scenario.target.rows(
            "SELECT table_name, sync_status, records_synced, error_message IS NULL FROM _sync_metadata ORDER BY table_name"
          )
            == [["child", "partial", "1", "f"], ["other", "failed", "0", "f"], ["parent", "success", "2", "t"]])
        #expect(
          try await scenario.target.rows(
            """
            SELECT table_name, status, rows_read, staged, inserted, rejected FROM pgtide.run_tables
            WHERE run_id = \(report.runID) ORDER BY table_name
            """)
            == [
              ["child", "partial", "2", "2", "1", "1"], ["other", "failed", "1", "1", "0", "0"],
              ["parent", "success", "2", "2", "2", "0"],
            ])
        #expect(
          try await scenario.target.rows("SELECT status, rows_read, inserted, rejected FROM pgtide.runs")
            == [["partial", "5", "3", "1"]])
      }
    }

    @Test func `a status table of the users' own make is kept up`() async throws {
      try await withTables { scenario async throws in
        try await scenario.target.run(
          """
          CREATE TABLE _sync_metadata (id serial PRIMARY KEY, table_name varchar(100) UNIQUE,
            last_sync_timestamp timestamp, records_synced integer, sync_status varchar(20), error_message text,
            updated_at timestamp);
          INSERT INTO _sync_metadata (table_name, sync_status) VALUES ('parent', 'pending');
          """)
        try await scenario.sync(configuration(scenario))
        #expect(
          try await scenario.target.rows(
            "SELECT table_name, sync_status, records_synced, last_sync_timestamp IS NULL FROM _sync_metadata ORDER BY table_name"
          )
            == [["child", "partial", "1", "f"], ["other", "success", "1", "f"], ["parent", "success", "2", "f"]])
      }
    }

    @Test func `a run that was killed is found and recorded by the next`() async throws {
      try await withTables { scenario async throws in
        try await scenario.sync(configuration(scenario))
        try await scenario.target.run("UPDATE pgtide.runs SET status = 'running', finished_at = NULL")
        try await scenario.sync(configuration(scenario))
        #expect(
          try await scenario.target.rows("SELECT status, finished_at IS NULL FROM pgtide.runs ORDER BY run_id")
            == [["died", "f"], ["rejects", "f"]])
      }
    }

    @Test func `a history that cannot be closed is told, and the stages are emptied all the same`() async throws {
      let source = "CREATE TABLE t AS SELECT 1 AS id"
      let target = "CREATE TABLE t (id int PRIMARY KEY, source text);" + Scenario.failing("t")
      try await withScenario(source: source, target: target) { scenario async throws in
        _ = try await scenario.sync(scenario.configuration("t"))
        try await scenario.target.run(
          """
          CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no room for history'; END $$;
          CREATE TRIGGER keep BEFORE UPDATE ON pgtide.runs FOR EACH ROW EXECUTE FUNCTION keep();
          """)
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.status == .failed)
        #expect(report.notices.contains { $0.contains("history was not closed") && $0.contains("no room for history") })
        #expect(try await scenario.target.value("SELECT pg_relation_size('pgtide.stage_forward_public_t')") == "0")
      }
    }

    @Test func `nothing is left in the stages, and nothing new stands in public`() async throws {
      try await withTables { scenario async throws in
        try await scenario.sync(configuration(scenario))
        #expect(
          try await scenario.target.rows(
            """
            SELECT count(*), sum((xpath('/row/n/text()', query_to_xml(
              format('SELECT count(*) AS n FROM pgtide.%I', relname), false, true, '')))[1]::text::int)
            FROM pg_class WHERE relname ~ '^(stage|delta)_' AND relkind = 'r'
            """) == [["6", "0"]]
        )
        #expect(
          try await scenario.target.rows(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1")
            == [["_sync_metadata"], ["child"], ["other"], ["parent"]])
        #expect(
          try await scenario.target.value(
            "SELECT count(*) FROM pg_class WHERE relname ~ '^(stage|delta)_' AND relpersistence <> 'u'") == "0")
      }
    }

    @Test func `the schema pgtide is closed to others, and later runs do not change it`() async throws {
      try await withTables { scenario async throws in
        try await scenario.sync(configuration(scenario))
        #expect(try await scenario.target.value("SELECT has_schema_privilege('public', 'pgtide', 'USAGE')") == "f")
        let shape = "SELECT oid, relname FROM pg_class WHERE relnamespace = 'pgtide'::regnamespace ORDER BY oid"
        let before = try await scenario.target.rows(shape)
        try await scenario.sync(configuration(scenario))
        #expect(try await scenario.target.rows(shape) == before)
      }
    }

    @Test func `of a table to which autovacuum sees, only the columns of keys are analyzed at once`() async throws {
      let source =
        "CREATE TABLE p AS SELECT 1 AS id; CREATE TABLE t AS SELECT g AS id, 1 AS p, g AS v, g AS w FROM generate_series(1, 500) g"
      let target = """
        CREATE TABLE p (id int PRIMARY KEY, source text);
        CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES p, v int, w int, source text); CREATE INDEX ON t (w);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        #expect(try await scenario.sync(scenario.configuration("p", "t")).table("t")?.isAnalyzed == true)
        let columns = "SELECT string_agg(attname, ' ' ORDER BY attname) FROM pg_stats WHERE tablename = 't'"
        // Autovacuum might have been there in between, but for all columns.
        let analyzed = try await scenario.target.value(columns)
        #expect(analyzed == "id p w" || analyzed == "id p source v w")
        // It is still called, for the others.
        let left = """
          SELECT n_mod_since_analyze >= 500 OR autoanalyze_count > 0 FROM pg_stat_user_tables WHERE relname = 't'
          """
        try await scenario.target.wait(for: "t", from: left)
      }
    }

    @Test func `a table that cannot be analyzed keeps no other from it, and the report says why`() async throws {
      let source = ["a", "b"].map { "CREATE TABLE \($0) AS SELECT g AS id FROM generate_series(1, 500) g;" }.joined()
      let target = ["a", "b"].map { "CREATE TABLE \($0) (id int PRIMARY KEY, source text);" }.joined()
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.configuration("a", "b")
        configuration.settings.lockTimeout = .milliseconds(200)
        configuration.settings.directLoad = .auto
        let given = configuration
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "LOCK TABLE public.a IN SHARE UPDATE EXCLUSIVE MODE"])
          return try await scenario.sync(given)
        }
        #expect(report.outcome == .success)
        #expect(report.table("a")?.isAnalyzed == false)
        #expect(report.table("a")?.notices.contains { $0.contains("not analyzed") } == true)
        #expect(report.table("b")?.isAnalyzed == true)
      }
    }

    @Test func `a target table is analyzed after much of it changed, unless that is switched off`() async throws {
      let source = "CREATE TABLE t AS SELECT g AS id FROM generate_series(1, 500) g"
      // Otherwise the server might analyze it in between.
      let target = "CREATE TABLE t (id int PRIMARY KEY, source text) WITH (autovacuum_enabled = false)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let table = TableConfiguration(target: TableName(name: "t"))
        var configuration = scenario.configuration([table], settings: RunSettings(analyze: false))
        #expect(try await scenario.sync(configuration).table("t")?.isAnalyzed == false)
        #expect(try await scenario.target.value("SELECT count(*) FROM pg_stats WHERE tablename = 't'") == "0")
        try await scenario.target.run("TRUNCATE t")
        configuration.settings.analyze = true
        #expect(try await scenario.sync(configuration).table("t")?.isAnalyzed == true)
        #expect(try await scenario.target.value("SELECT count(*) FROM pg_stats WHERE tablename = 't'") != "0")
      }
    }
  }
}
