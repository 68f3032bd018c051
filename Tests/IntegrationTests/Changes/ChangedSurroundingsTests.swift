import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// What changes rows, or brings rows, without a word in the column that `changed_by` names.
  @Suite struct ChangedSurroundingsTests {
    private static let source = """
      CREATE TYPE colour AS ENUM ('red', 'green');
      CREATE TABLE plain (id int PRIMARY KEY, c colour, changed timestamptz, v text);
      CREATE TABLE base (id int PRIMARY KEY, v text, changed timestamptz);
      CREATE FUNCTION label(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 || '!' $$;
      CREATE VIEW below AS SELECT id, v, changed FROM base;
      CREATE VIEW seen AS SELECT id, label(v) AS v, current_setting('app.tenant', true) AS w, changed FROM below;
      CREATE TABLE kin (id int PRIMARY KEY, v text, changed timestamptz);
      CREATE VIEW family AS SELECT * FROM kin;
      CREATE TABLE parts (id int, v text, changed timestamptz) PARTITION BY RANGE (id);
      CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
      CREATE TABLE quarry (id int PRIMARY KEY, v text, changed timestamptz);
      INSERT INTO plain SELECT g, 'red', now() - interval '1 day', 'a' FROM generate_series(1, 3) g;
      INSERT INTO base SELECT id, v, changed FROM plain; INSERT INTO kin TABLE base; INSERT INTO parts TABLE base;
      INSERT INTO quarry TABLE base;
      """
    private static let target = """
      CREATE TABLE plain (id int PRIMARY KEY, c text, v text); CREATE TABLE seen (id int PRIMARY KEY, v text, w text);
      CREATE TABLE family (id int PRIMARY KEY, v text); CREATE TABLE parts (id int PRIMARY KEY, v text);
      CREATE TABLE asked (id int PRIMARY KEY, v text);
      """

    private static let all = ["plain", "seen", "family", "parts", "asked"]
    private static let withCode = ["seen", "family", "asked"]

    private func configuration(_ scenario: Scenario) -> SyncConfiguration {
      var configuration = scenario.configuration(Self.all.map { TableConfiguration(target: TableName(name: $0)) })
      configuration.origin = .allRowsAreOurs
      configuration.stamps = StampRule()
      for place in configuration.tables.indices {
        configuration.tables[place].changedBy = ChangeRule(column: "changed", overlap: .seconds(1))
      }
      // Relations of the names in the text are taken for read.
      configuration.tables[4].source = .query("SELECT id, v, changed FROM public.quarry WHERE 'far heap' <> ''")
      return configuration
    }

    /// A change, the tables of which all rows are then looked at, by the beginning of the reason, and what is there then.
    private struct Step {
      var source = ""
      var target = ""
      var looked: [String: [String]] = [:]
      var found: (query: String, value: String)?
    }

    private static let steps: [Step] = [
      // Nothing tells of rows of the target that somebody has changed, unless their rows of the source are read again.
      Step(
        source: "UPDATE plain SET changed = now() WHERE id = 1", target: "UPDATE plain SET v = 'by hand' WHERE id < 3",
        found: ("SELECT string_agg(v, ' ' ORDER BY id) FROM plain", "a by hand a")),
      Step(
        source: "ALTER TYPE colour RENAME VALUE 'red' TO 'rouge'", looked: ["enumerations": all],
        found: ("SELECT string_agg(c || ' ' || v, ' ' ORDER BY id) FROM plain", "rouge a rouge a rouge a")),
      Step(
        source: "CREATE OR REPLACE FUNCTION label(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 || '?' $$",
        looked: ["functions": withCode], found: ("SELECT v FROM seen WHERE id = 1", "a?")),
      Step(
        source: "CREATE OR REPLACE VIEW below AS SELECT id, upper(v) AS v, changed FROM base",
        looked: ["what it is read from": ["seen"], "functions": ["family", "asked"]],
        found: ("SELECT v FROM seen WHERE id = 1", "A?")),
      Step(
        source: "ALTER TABLE plain DROP COLUMN v; ALTER TABLE plain ADD COLUMN v text DEFAULT 'new'",
        looked: ["what it is read from": ["plain"]], found: ("SELECT v FROM plain WHERE id = 1", "new")),
      Step(
        source: "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET app.tenant = 7', current_database()); END $$",
        looked: ["the settings": withCode], found: ("SELECT w FROM seen WHERE id = 1", "7")),
      Step(
        source:
          "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET \"TimeZone\" = ''Asia/Tokyo''', current_database()); END $$",
        looked: ["the settings": withCode]),
      Step(
        source: "CREATE TABLE copy AS TABLE base; TRUNCATE base; INSERT INTO base SELECT id, 'b', changed FROM copy",
        looked: ["what it is read from": ["seen"]], found: ("SELECT v FROM seen WHERE id = 1", "B?")),
      Step(
        source: "TRUNCATE quarry; INSERT INTO quarry SELECT id, 'b', changed FROM copy",
        looked: ["what it is read from": ["asked"]], found: ("SELECT v FROM asked WHERE id = 1", "b")),
      Step(
        source: """
          CREATE TABLE child (LIKE kin); INSERT INTO child SELECT 4, 'child', min(changed) FROM kin;
          ALTER TABLE child INHERIT kin
          """,
        looked: ["what it is read from": ["family"]], found: ("SELECT v FROM family WHERE id = 4", "child")),
      Step(
        source: """
          CREATE TABLE parts_2 (LIKE parts); INSERT INTO parts_2 SELECT 14, 'part', min(changed) FROM parts;
          ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM (10) TO (20)
          """,
        looked: ["the configuration or the tables": ["parts"]], found: ("SELECT v FROM parts WHERE id = 14", "part")),
      Step(
        source: "CREATE POLICY few ON quarry USING (id < 3); ALTER TABLE quarry ENABLE ROW LEVEL SECURITY",
        looked: ["functions, views or policies": withCode]),
      Step(
        target: "UPDATE pgtide.run_tables SET changed_by = jsonb_set(changed_by, '{next_transaction}', '99999999999')",
        looked: ["the source was taken back": all]),
      Step(
        source: """
          CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
          CREATE FOREIGN TABLE far (id int) SERVER nowhere
          """,
        looked: ["it reads public.far, whose transactions": ["asked"]]),
      // A run that has read it by the column alone would not know what came late.
      Step(source: "DROP FOREIGN TABLE far", looked: ["what it is read from": ["asked"]]),
      Step(
        source: "CREATE MATERIALIZED VIEW heap AS SELECT * FROM quarry",
        looked: ["it reads public.heap, whose rows come later": ["asked"], "functions": ["seen", "family"]]),
      Step(
        source: """
          DROP MATERIALIZED VIEW heap; SET allow_system_table_mods = on;
          INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate) VALUES (1, 'plain'::regclass, 'r')
          """,
        looked: [
          "it reads public.plain, whose rows come later": ["plain"], "functions": ["seen", "family"],
          "what it is read from": ["asked"],
        ]),
      Step(
        source: "SET allow_system_table_mods = on; DELETE FROM pg_subscription_rel",
        looked: ["what it is read from": ["plain"]]),
    ]

    @Test func `all rows are looked at after a change that no row tells`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let configuration = configuration(scenario)
        try await scenario.sync(configuration)
        for step in Self.steps {
          try await expect(step, scenario, configuration)
          let (query, value) = step.found ?? ("SELECT 1", "1")
          #expect(try await scenario.target.value(query) == value)
        }
        // A copy that has got its name.
        let cluster = scenario.source.cluster
        let (name, old) = (scenario.source.name, "\(scenario.source.name)_old")
        try await cluster.database().run(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)';
          ALTER DATABASE \(name) RENAME TO \(old); CREATE DATABASE \(name) TEMPLATE \(old)
          """)
        try await expect(
          Step(looked: ["the source is not the server or the database": Self.all]), scenario, configuration)
        try await cluster.dropDatabase(named: old)
      }
    }

    /// No row is written anew for that.
    @Test(.needs(.sourceVersion(18)))
    func `another expression of a virtual column is seen`() async throws {
      let source = """
        CREATE TABLE t (id int PRIMARY KEY, changed timestamptz, v int GENERATED ALWAYS AS (id * 2) VIRTUAL);
        INSERT INTO t VALUES (1, now() - interval '1 day')
        """
      try await withScenario(source: source, target: "CREATE TABLE t (id int PRIMARY KEY, v int, source text)") {
        scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.stamps = StampRule()
        configuration.tables[0].changedBy = ChangeRule(column: "changed", overlap: .seconds(1))
        try await scenario.sync(configuration)
        #expect(try await scenario.sync(configuration).table("t")?.changedBy?.since != nil)
        try await scenario.source.run("ALTER TABLE t ALTER v SET EXPRESSION AS (id * 3)")
        #expect(try await scenario.sync(configuration).totals.updated == 1)
        #expect(try await scenario.target.value("SELECT v FROM t") == "3")
      }
    }

    /// One run, and what it looks at as a whole; a run after it looks at nothing more than the column tells.
    private func expect(_ step: Step, _ scenario: Scenario, _ configuration: SyncConfiguration) async throws {
      if !step.source.isEmpty { try await scenario.source.run(step.source) }
      if !step.target.isEmpty { try await scenario.target.run(step.target) }
      let report = try await scenario.sync(configuration)
      #expect(report.outcome == .success)
      for table in Self.all {
        let wanted = step.looked.first { $0.value.contains(table) }?.key
        let told = report.table(table)?.changedBy
        let reason = told?.since == nil ? told?.reason : nil
        #expect(
          wanted == nil ? reason == nil : reason?.hasPrefix(wanted ?? "") == true,
          "\(table) after \(step.source)\(step.target): \(reason ?? "only changed rows"), not \(wanted ?? "these")")
      }
    }
  }
}
