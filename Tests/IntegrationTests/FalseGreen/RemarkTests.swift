import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Runs that succeed, and are likely to be a mistake all the same.
  @Suite struct RemarkTests {
    private func warnings(_ report: SyncReport) -> [String] {
      report.warnings + report.tables.flatMap(\.warnings)
    }

    // MARK: - The marker

    private static let marked = """
      CREATE TABLE t (id int PRIMARY KEY, v text, source varchar(5));
      INSERT INTO t SELECT g, 'old', 'D' FROM generate_series(1, 80) g;
      """

    private func run(ours: String, more: String = "") async throws -> SyncReport {
      try await withScenario(
        source: "CREATE TABLE t AS SELECT g AS id, 'new' AS v FROM generate_series(1, 80) g;" + more,
        target: Self.marked
      ) { scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.origin = .marker(column: "source", ours: ours)
        configuration.stamps = StampRule()
        let report = try await scenario.sync(configuration)
        #expect(try await scenario.target.value("SELECT count(*) FROM t WHERE v = 'old'") == "80")
        return report
      }
    }

    @Test(arguments: ["d", "D ", " d"])
    func `a marker that differs in capitals or blanks only is told, also where new rows go in`(ours: String)
      async throws
    {
      for more in ["", "INSERT INTO t SELECT g, 'new' FROM generate_series(101, 900) g"] {
        let warnings = warnings(try await run(ours: ours, more: more))
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("80 rows are protected only because the marker differs from `ours: ") == true)
      }
    }

    @Test func `another marker that leaves no row to write is told`() async throws {
      let warnings = warnings(try await run(ours: "X"))
      #expect(warnings.count == 1)
      #expect(warnings.first?.contains("no row of the target is ours where the source has one") == true)
    }

    @Test func `some protected rows are nothing to warn of`() async throws {
      try await withScenario(
        source: "CREATE TABLE t AS SELECT g AS id, 'new' AS v FROM generate_series(1, 80) g",
        target: Self.marked + "UPDATE t SET source = 'M' WHERE id <= 79"
      ) { scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.stamps = StampRule()
        let report = try await scenario.sync(configuration)
        #expect(report.totals.protected == 79)
        #expect(warnings(report).isEmpty)
      }
    }

    // MARK: - Stamps

    @Test func `a stamp that no table has is told by the plan and the report, with the name that is near`() async throws
    {
      try await withScenario(
        source: Scenario.people + "CREATE TABLE pets (id int)",
        target: Scenario.appPeople + "CREATE TABLE pets (id int PRIMARY KEY, source text)"
      ) { scenario async throws in
        var configuration = scenario.configuration("people", "pets")
        configuration.stamps = StampRule(created: "created_at", updated: "udpated_at")
        let text = """
          no table has the stamp column udpated_at that `stamps` names under `updated`, so these times are not set. \
          Did you mean updated_at?
          """
        #expect(try await PlanSummary(Sync(configuration).plan()).warnings == [text])
        #expect(warnings(try await scenario.sync(configuration)) == [text])
        configuration.stamps.updated = "updated_at"
        #expect(warnings(try await scenario.sync(configuration)) == [])
      }
    }

    @Test func `of a selection of tables nothing is said of stamps`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        var configuration = scenario.configuration("people")
        configuration.stamps = StampRule(created: "made_at")
        configuration.leftOut = [TableConfiguration(target: TableName(name: "elsewhere"))]
        #expect(warnings(try await scenario.sync(configuration)) == [])
      }
    }

    // MARK: - Columns

    private static let client = "CREATE TABLE client (id int PRIMARY KEY, name text, phone text);"

    /// A run, then what `change` does, then two runs: both say the same.
    private func afterwards(
      _ change: String, onTarget: String = "", configure: (inout SyncConfiguration) -> Void = { _ in }
    ) async throws -> [String] {
      try await withScenario(
        source: Self.client + "INSERT INTO client VALUES (1, 'Ann', '0')", target: Self.client
      ) { scenario async throws in
        var configuration = scenario.configuration("client")
        (configuration.origin, configuration.stamps) = (.allRowsAreOurs, StampRule())
        #expect(warnings(try await scenario.sync(configuration)) == [])
        try await scenario.source.run(change)
        try await scenario.target.run(onTarget)
        configure(&configuration)
        #expect(try await PlanSummary(Sync(configuration).plan()).tables[0].warnings.count <= 1)
        let second = warnings(try await scenario.sync(configuration))
        #expect(warnings(try await scenario.sync(configuration)) == second)
        return second
      }
    }

    @Test(arguments: ["ALTER TABLE client DROP phone", "ALTER TABLE client RENAME phone TO telephone"])
    func `a column that was filled and is gone from the source is told from then on`(change: String) async throws {
      let found = try await afterwards(change)
      #expect(found.count == 1)
      #expect(found.first?.hasPrefix("column phone is not filled any more, though earlier runs filled it") == true)
    }

    @Test func `a column that the user leaves out, or that the target has no more, is not missed`() async throws {
      let gone = "ALTER TABLE client DROP phone"
      #expect(try await afterwards(gone) { $0.tables[0].skip = ["phone"] } == [])
      #expect(try await afterwards(gone, onTarget: gone) == [])
      #expect(
        try await afterwards(gone) {
          $0.tables[0].columns = [ColumnMapping(column: "phone", value: .expression("'none'"))]
        } == [])
    }

    @Test func `a history of an earlier version gets the columns of this one, and keeps its rows`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        try await scenario.target.run(
          """
          ALTER TABLE pgtide.runs DROP target_only;
          ALTER TABLE pgtide.run_tables DROP target_only, DROP changed_by, DROP filled_columns, DROP lost_columns,
            DROP relation,
            ADD rejected_before_stage bigint NOT NULL DEFAULT 0;
          ALTER TABLE pgtide.run_tables ALTER rejected_before_stage DROP DEFAULT;
          ALTER TABLE pgtide.rejects DROP first_rejected_at, DROP times, DROP previous_run_id;
          """)
        try await scenario.source.run("DELETE FROM people WHERE id = 1; INSERT INTO people VALUES (NULL, 'Nobody')")
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.outcome == .rejects)
        #expect(
          try await scenario.target.rows("SELECT target_only FROM pgtide.run_tables ORDER BY run_id") == [
            ["NULL"], ["1"],
          ])
      }
    }

    // MARK: - Rows

    @Test(arguments: [(95, false), (94, true), (0, true), (100, false), (101, false)])
    func `a table that lost more than a twentieth of its rows since it last landed is told`(rows: Int, isTold: Bool)
      async throws
    {
      try await withScenario(
        source: "CREATE TABLE t AS SELECT g AS id FROM generate_series(1, 100) g",
        target: "CREATE TABLE t (id int PRIMARY KEY, source text)"
      ) { scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.stamps = StampRule()
        try await scenario.sync(configuration)
        try await scenario.source.run(
          "TRUNCATE t; INSERT INTO t SELECT g FROM generate_series(1, \(rows)) g")
        // One that only tries is not the last good run.
        _ = try await scenario.sync(configuration, options: Sync.Options(isDryRun: true))
        let text = "the source has lost more than 5 % of its rows: \(rows) were read, and 100 in the last run in which"
        let report = try await scenario.sync(configuration)
        #expect(warnings(report).contains { $0.hasPrefix(text) } == isTold)
        #expect(try await !warnings(scenario.sync(configuration)).contains { $0.contains("has lost") })
      }
    }

    @Test func `--quiet shows what is likely to be a mistake, and exits with 0`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        let yaml = """
          source: ${OFFICE}
          target: ${APP}
          origin: {column: source, ours: D}
          stamps: {created: made_at}
          tables: [people]
          """
        let ended = try await PGTideProcess.run(
          "$PGTIDE sync --quiet", files: ["pgtide.yaml": yaml],
          environment: ["OFFICE": scenario.source.connectionString, "APP": scenario.target.connectionString])
        #expect(ended.code == 0)
        #expect(ended.output.isEmpty)
        #expect(ended.errors.hasPrefix("no table has the stamp column made_at"))
      }
    }
  }
}
