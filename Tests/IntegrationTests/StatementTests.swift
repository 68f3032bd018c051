import EphemeralPostgres
import PGTide
import Postgres
import Synchronization
import Testing

extension Integration {
  /// What `plan --sql` prints is what a run sends, all of it.
  @Suite struct StatementTests {
    /// A table, and what happens to it between runs.
    struct Case: Sendable, CustomTestStringConvertible {
      var name: String
      var source: String
      var target: String
      /// Changes on the source that update and insert rows.
      var change = "UPDATE t SET v = 'other' WHERE id = 1; INSERT INTO t (id, v) VALUES (100, 'new')"
      /// Rows on the source that the target refuses in the merge, and rows that it rejects before.
      var dirt =
        "INSERT INTO t (id, v) VALUES (200, 'refused'), (201, 'fine'); INSERT INTO t (id, v) VALUES (NULL, 'x')"
      var hasMarker = true
      /// What its tables get that is not of the same name.
      var tables: [TableConfiguration]?

      var testDescription: String { name }
    }

    private static let own = """
      source char(1) DEFAULT 'M', created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
      CHECK (v <> 'refused')
      """

    static let cases = [
      Case(
        name: "plain",
        source: "CREATE TABLE t (id int, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 40) i",
        target: "CREATE TABLE t (id int PRIMARY KEY, v text, \(own))"),
      Case(
        name: "no marker",
        source: "CREATE TABLE t (id int, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 40) i",
        target: "CREATE TABLE t (id int PRIMARY KEY, v varchar(10) CHECK (v <> 'refused'))", hasMarker: false),
      Case(
        name: "composite key",
        source: """
          CREATE TABLE t (id int, part text DEFAULT 'p', v text); INSERT INTO t SELECT i, 'p' || i, 'v' FROM generate_series(1, 40) i
          """,
        target: "CREATE TABLE t (id int, part text, v text, \(own), PRIMARY KEY (id, part))"),
      Case(
        name: "self-reference",
        source: """
          CREATE TABLE t (id int, up int, v text); INSERT INTO t SELECT i, nullif(i - 1, 0), 'v' FROM generate_series(1, 40) i
          """,
        target: "CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t, v text, \(own))",
        dirt: "INSERT INTO t VALUES (200, NULL, 'refused'), (201, 200, 'child'), (202, 999, 'orphan')"),
      Case(
        name: "partitioned",
        source: "CREATE TABLE t (id int, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 40) i",
        target: """
          CREATE TABLE t (id int PRIMARY KEY, v text, \(own)) PARTITION BY RANGE (id);
          CREATE TABLE t0 PARTITION OF t FOR VALUES FROM (0) TO (50); CREATE TABLE t1 PARTITION OF t DEFAULT
          """),
      Case(
        name: "generated columns and a trigger",
        source: "CREATE TABLE t (id int, v text); INSERT INTO t SELECT i, ' v' || i FROM generate_series(1, 40) i",
        target: """
          CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text, w text GENERATED ALWAYS AS (upper(v)) STORED,
            \(own));
          CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.v := btrim(NEW.v); RETURN NEW; END';
          CREATE TRIGGER tidy BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION tidy()
          """),
    ]

    @Test(arguments: cases)
    func `every statement about a table stands in its plan, and those without a condition are sent`(
      _ value: Case
    ) async throws {
      try await withScenario(source: value.source, target: value.target) { scenario async throws in
        var configuration = scenario.configuration("t")
        if !value.hasMarker {
          configuration.origin = .allRowsAreOurs
          configuration.stamps = StampRule()
        }
        _ = try await Sync(configuration).initializeMetadata(isPrintOnly: false)
        try await scenario.source.run("ANALYZE t")
        // Loaded, level, changed, and dirty.
        for step in ["", "", value.change, value.dirt] {
          if !step.isEmpty { try await scenario.source.run(step) }
          // So that the plan expects what the run meets.
          try await scenario.target.run("ANALYZE t")
          try await check(configuration)
        }
        try await parse(configuration, in: scenario)
      }
    }

    /// Tables that refer to each other, and what happens to them between runs.
    static let groups = [
      Case(
        name: "parent and child",
        source: """
          CREATE TABLE t (id int, v text); INSERT INTO t SELECT i, 'v' FROM generate_series(1, 40) i;
          CREATE TABLE u (id int, t int, v varchar(9)); INSERT INTO u SELECT i, 1 + i % 40, 'v' FROM generate_series(1, 80) i
          """,
        target: """
          CREATE TABLE t (id int PRIMARY KEY, v text, \(own)); CREATE TABLE u (id int PRIMARY KEY, t int REFERENCES t, v text, \(own))
          """,
        change: "INSERT INTO t VALUES (100, 'new'); UPDATE u SET t = 100 WHERE id = 1",
        dirt: "INSERT INTO t VALUES (200, 'refused'); INSERT INTO u VALUES (200, 200, 'child'), (201, 999, 'orphan')"),
      Case(
        name: "cycle",
        source: """
          CREATE TABLE t (id int, u int, v text); INSERT INTO t SELECT i, i, 'v' FROM generate_series(1, 40) i;
          CREATE TABLE u (id int, t int, v text); INSERT INTO u SELECT i, i, 'v' FROM generate_series(1, 40) i
          """,
        target: """
          CREATE TABLE t (id int PRIMARY KEY, u int, v text, \(own));
          CREATE TABLE u (id int PRIMARY KEY, t int REFERENCES t DEFERRABLE, v text, \(own));
          ALTER TABLE t ADD FOREIGN KEY (u) REFERENCES u DEFERRABLE
          """,
        change: "INSERT INTO t VALUES (100, 100, 'new'); INSERT INTO u VALUES (100, 100, 'new')",
        dirt:
          "INSERT INTO t VALUES (200, 200, 'refused'); INSERT INTO u VALUES (200, 200, 'child'), (201, 999, 'orphan')"),
      Case(
        name: "lookup on the target",
        source: """
          CREATE TABLE t (name text, v text); INSERT INTO t SELECT 'n' || i, 'v' FROM generate_series(1, 40) i;
          CREATE TABLE u (id int, name text, v text); INSERT INTO u SELECT i, 'n' || 1 + i % 40, 'v' FROM generate_series(1, 80) i
          """,
        target: """
          CREATE TABLE t (id serial PRIMARY KEY, name text UNIQUE, v text, \(own));
          CREATE TABLE u (id int PRIMARY KEY, t int REFERENCES t, v text, \(own))
          """,
        change: "INSERT INTO t VALUES ('n100', 'new'); UPDATE u SET name = 'n100' WHERE id = 1",
        dirt: "INSERT INTO t VALUES ('n200', 'refused'); INSERT INTO u VALUES (200, 'n200', 'child')",
        tables: [
          TableConfiguration(target: TableName(name: "t"), key: ["name"]),
          TableConfiguration(
            target: TableName(name: "u"),
            columns: [TargetLookupTests.lookup("t", "t", by: [("name", "name")], take: "id")]),
        ]),
    ]

    @Test(arguments: groups) func `the same of tables that refer to each other`(_ value: Case) async throws {
      try await withScenario(source: value.source, target: value.target) { scenario async throws in
        let configuration = value.tables.map { scenario.configuration($0) } ?? scenario.configuration("t", "u")
        _ = try await Sync(configuration).initializeMetadata(isPrintOnly: false)
        try await scenario.source.run("ANALYZE t, u")
        for step in ["", "", value.change, value.dirt] {
          if !step.isEmpty { try await scenario.source.run(step) }
          try await scenario.target.run("ANALYZE t, u")
          try await check(configuration)
        }
        try await parse(configuration, in: scenario)
      }
    }

    /// Plans, runs, and compares what was sent with what was planned.
    private func check(_ configuration: SyncConfiguration) async throws {
      let (planning, running) = (Collector(), Collector())
      let plan = try await Sync(configuration, options: Sync.Options(tracer: planning.add)).plan()
      let planned = PlanSummary(plan).tables.flatMap(\.sql)
      let known = Set(planned.map { Self.normalized(end: $0.end, $0.sql) })
      _ = try await Sync(configuration, options: Sync.Options(tracer: running.add)).run()
      let (asked, sent) = (Set(planning.statements), running.statements)
      #expect(!sent.isEmpty)
      let isOne = configuration.tables.count == 1
      for statement in sent where Self.isAboutTable(statement) && !asked.contains(statement) {
        if !known.contains(statement), isOne || !Self.isShared(statement) {
          Issue.record("not in the plan: \(statement)")
        }
      }
      for statement in planned where statement.only == nil && statement.partOnly == nil {
        let text = Self.normalized(end: statement.end, statement.sql)
        if !sent.contains(text), isOne || !Self.isShared(text) {
          Issue.record("not sent: \(statement.purpose)\n\(statement.sql)")
        }
      }
    }

    /// Every statement of a plan is one that the server takes.
    private func parse(_ configuration: SyncConfiguration, in scenario: Scenario) async throws {
      let statements = PlanSummary(try await Sync(configuration).plan()).tables.flatMap(\.sql)
      for (end, database) in [("source", scenario.source), ("target", scenario.target)] {
        let connection = try await Connection.open(
          ConnectionOptions(label: end, connectionString: database.connectionString))
        // A COPY in is no statement to be described, and one with settings around it is several.
        let described = statements.filter { $0.end == end && !$0.sql.contains("COPY ") }
        #expect(!described.isEmpty)
        for (statement, answer) in zip(described, try await connection.describe(described.map { SQL(raw: $0.sql) })) {
          if case .failure(let error) = answer { Issue.record("\(statement.purpose): \(error)\n\(statement.sql)") }
        }
        await connection.close()
      }
    }

    /// One statement for all tables of a run, of which each plan has its own part.
    private static func isShared(_ statement: String) -> Bool {
      // The last: what makes sure that all stages which were just made are ours.
      [
        "source: LOCK TABLE ONLY", "target: SELECT NOT EXISTS", "target: TRUNCATE",
        "target: SELECT (CASE WHEN NOT EXISTS",
      ]
      .contains { statement.hasPrefix($0) }
    }

    /// It names the table, its stage, or a place where something is written down of it.
    private static func isAboutTable(_ statement: String) -> Bool {
      let names = [
        #""public"."t""#, #""public"."u""#, "_forward_public_u\"", "_forward_public_t\"", #""run_tables""#,
        #""rejects""#, #""_sync_metadata""#,
        #""rewritten_rows""#, #""protected""#,
      ]
      // What keeps the history short is the run's own.
      return names.contains { statement.contains($0) } && !statement.contains(#"DELETE FROM "pgtide"."runs""#)
    }

    /// Numbers differ from run to run: OIDs, counts, buckets.
    private static func normalized(end: String, _ statement: String) -> String {
      end + ": " + statement.replacing(#/[0-9]+(,[0-9]+)*/#, with: "N")
    }

    private final class Collector: Sendable {
      private let collected = Mutex<[String]>([])

      var statements: [String] { collected.withLock(\.self) }

      @Sendable func add(_ trace: StatementTrace) {
        // Of a message that failed, one trace has all statements; the same have gone well before.
        guard trace.failure == nil else { return }
        let end = trace.connection.hasPrefix("source") ? "source" : "target"
        collected.withLock { $0.append(StatementTests.normalized(end: end, trace.statement)) }
      }
    }
  }
}
