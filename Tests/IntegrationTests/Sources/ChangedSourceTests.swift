import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// What changes on the source between the plan and the snapshot.
  @Suite struct ChangedSourceTests {
    struct Change: Sendable, CustomTestStringConvertible {
      let name: String
      var table = "CREATE TABLE t AS SELECT g AS id, g AS v FROM generate_series(1, 100) g"
      let change: String
      var configuration: @Sendable (inout TableConfiguration) -> Void = { _ in }
      let says: String
      var testDescription: String { name }
    }

    static let changes = [
      Change(name: "a type", change: "ALTER TABLE t ALTER v TYPE real", says: "it had v integer, it has v real"),
      Change(
        name: "a length", table: "CREATE TABLE t AS SELECT 1 AS id, 'abc'::varchar(3) AS v",
        change: "ALTER TABLE t ALTER v TYPE varchar(9)", says: "it has v character varying(9)"),
      Change(name: "a name", change: "ALTER TABLE t RENAME v TO w", says: "it had v integer, it has w integer"),
      Change(
        name: "a column more", change: "ALTER TABLE t ADD w int", says: "it has w integer"),
      Change(name: "the table is gone", change: "DROP TABLE t", says: #"relation "public.t" does not exist"#),
      Change(
        name: "a view in its place", change: "ALTER TABLE t RENAME TO u; CREATE VIEW t AS SELECT id, v FROM u",
        says: "it has kind v"),
      Change(
        name: "a view's column", table: "CREATE VIEW t AS SELECT 1 AS id, 2 AS v",
        change: "DROP VIEW t; CREATE VIEW t AS SELECT 1 AS id, 2::real AS v", says: "it has v real"),
      Change(
        name: "what a query returns", table: "CREATE TABLE u AS SELECT 1 AS id, 2 AS v",
        change: "ALTER TABLE u ALTER v TYPE real", configuration: { $0.source = .query("SELECT * FROM public.u") },
        says: "what the configuration's own SQL returns"),
      Change(
        name: "what an expression returns",
        table: "CREATE TABLE t AS SELECT 1 AS id, 5 AS v; CREATE TABLE rate AS SELECT 2 AS by",
        change: "ALTER TABLE rate ALTER by TYPE bigint",
        configuration: {
          $0.columns = [ColumnMapping(column: "v", value: .expression("(SELECT by FROM public.rate)"))]
        }, says: "what the configuration's own SQL returns"),
      Change(
        name: "a partition more",
        table: """
          CREATE TABLE t (id int, v int) PARTITION BY RANGE (id);
          CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (1000); INSERT INTO t SELECT g, g FROM generate_series(1, 9) g
          """, change: "CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM (1000) TO (2000)",
        says: "it has partition public.t_2"),
    ]

    @Test(arguments: changes) func `a table that is not as planned fails by name, and lands in the next run`(
      _ change: Change
    ) async throws {
      try await withScenario(
        source: change.table + "; CREATE TABLE other AS SELECT 1 AS id",
        target: "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE other (id int PRIMARY KEY)"
      ) { scenario async throws in
        var table = TableConfiguration(target: TableName(name: "t"), origin: .allRowsAreOurs)
        change.configuration(&table)
        let other = TableConfiguration(target: TableName(name: "other"), origin: .allRowsAreOurs)
        let sync = Sync(scenario.configuration([table, other]))
        _ = try await sync.initializeMetadata(isPrintOnly: false)
        let options = ConnectionOptions(label: "dba", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { dba in
          // Whoever locks the history lets the run wait at its beginning, with its plan made.
          try await dba.batch(["BEGIN", "LOCK TABLE pgtide.runs IN EXCLUSIVE MODE"])
          async let run = sync.run()
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await scenario.source.run(change.change)
          try await dba.query("COMMIT")
          return try await run
        }
        #expect(report.outcome == .partial)
        #expect(report.table("other")?.status == .success)
        #expect(report.table("t")?.status == .failed)
        #expect(report.table("t")?.error?.contains(change.says) == true, "\(report.table("t")?.error ?? "")")
        #expect(try await scenario.target.value("SELECT count(*) FROM t") == "0")
      }
    }
  }
}
