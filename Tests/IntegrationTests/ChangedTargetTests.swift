import EphemeralPostgres
import PGTide
import Postgres
import Testing

@testable import PGTidePlanning

extension Integration {
  /// Tables of the target that somebody changes between a run's plan and the end of its transaction.
  @Suite struct ChangedTargetTests {
    private static let source =
      "CREATE TABLE fee (id int, amount numeric); INSERT INTO fee SELECT g, g + 0.25 FROM generate_series(1, 50) g"
    private static let target = """
      CREATE TABLE fee (id int PRIMARY KEY, amount numeric(10,2), source char(1));
      INSERT INTO fee VALUES (50, 0, 'D');
      """

    /// Syncs `gate` and `fee` while the application holds the row of `gate`, and has `change` made while the run waits.
    private func sync(
      _ scenario: Scenario, isAtomic: Bool = false, log: CapturedLog = CapturedLog(), while change: String
    ) async throws -> SyncReport {
      let fee = TableConfiguration(
        target: TableName(name: "fee"),
        references: [ReferenceConfiguration(columns: ["gate"], parent: TableName(name: "gate"))])
      let configuration = scenario.configuration([TableConfiguration(target: TableName(name: "gate")), fee])
      let options = Sync.Options(isAtomic: isAtomic, logger: log.logger)
      let session = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
      return try await Postgres.withConnection(session) { app in
        try await app.batch(["BEGIN", "SELECT FROM public.gate FOR UPDATE"])
        async let running = scenario.sync(configuration, options: options)
        try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
        try await scenario.target.run("SET lock_timeout = '20s'; " + change)
        try await app.query("COMMIT")
        return try await running
      }
    }

    /// `fee` refers to `gate`, whose row the application holds, so that nothing of `fee` is written yet.
    private static func gated(_ source: String) -> String {
      """
      CREATE TABLE gate (id int, v text); INSERT INTO gate VALUES (1, 'new');
      \(source); ALTER TABLE fee ADD gate int DEFAULT 1;
      """
    }

    private static func gatedTarget(_ target: String) -> String {
      """
      CREATE TABLE gate (id int PRIMARY KEY, v text, source char(1)); INSERT INTO gate VALUES (1, 'old', 'D');
      \(target) ALTER TABLE fee ADD gate int;
      """
    }

    @Test(
      arguments: [
        ("ALTER TABLE fee ALTER amount TYPE numeric(10,0)", "columns"),
        ("ALTER TABLE fee ALTER source SET DEFAULT 'M'", "columns"),
        ("ALTER TABLE fee ADD CHECK (amount > -1)", "constraints"),
        (
          "CREATE TABLE kind (id int PRIMARY KEY); ALTER TABLE fee ADD FOREIGN KEY (gate) REFERENCES kind NOT VALID",
          "constraints, foreign keys"
        ),
        ("CREATE UNIQUE INDEX ON fee (amount)", "unique indexes"),
        (
          """
          CREATE FUNCTION seven() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.amount := 7; RETURN NEW; END$$;
          CREATE TRIGGER seven BEFORE INSERT OR UPDATE ON fee FOR EACH ROW EXECUTE FUNCTION seven()
          """, "triggers"
        ),
        ("CREATE RULE nothing AS ON DELETE TO fee DO INSTEAD NOTHING", "rules"),
        ("ALTER TABLE fee ENABLE ROW LEVEL SECURITY", "row-level security"),
        ("CREATE TABLE note (id int, fee int REFERENCES fee ON UPDATE CASCADE)", "foreign keys"),
      ])
    func `where nothing is planned again, nothing is committed`(change: String, kinds: String) async throws {
      try await withScenario(source: Self.gated(Self.source), target: Self.gatedTarget(Self.target)) {
        scenario async throws in
        let report = try await sync(scenario, isAtomic: true, while: change)
        #expect(report.table("fee")?.status == .failed)
        let error = report.table("fee")?.error ?? ""
        #expect(error.contains("changed on the target between the plan"), "\(error)")
        #expect(error.contains("(other \(kinds))"), "\(error)")
        #expect(
          try await scenario.target.value("SELECT string_agg(id || ' ' || amount::numeric(10,2), ',') FROM fee")
            == "50 0.00")
      }
    }

    @Test func `an index that is built again concurrently changes nothing`() async throws {
      try await withScenario(source: Self.gated(Self.source), target: Self.gatedTarget(Self.target)) {
        scenario async throws in
        let before = try await scenario.target.value(Self.print)
        try await scenario.target.run("ALTER TABLE fee ADD FOREIGN KEY (gate) REFERENCES gate NOT VALID")
        let planned = try await scenario.target.value(Self.print)
        #expect(planned != before)
        for index in ["fee_pkey", "gate_pkey"] { try await scenario.target.run("REINDEX INDEX CONCURRENTLY \(index)") }
        #expect(try await scenario.target.value(Self.print) == planned)
      }
    }

    /// The fingerprints of both tables.
    private static let print: String =
      "SELECT string_agg((\(CatalogSQL.fingerprint.text)), ' ' ORDER BY c.relname) FROM pg_catalog.pg_class c "
      + "WHERE c.relname IN ('fee', 'gate')"

    @Test(
      arguments: [
        ("ALTER TABLE fee ALTER source SET DEFAULT 'M'", 50, 0),
        ("CREATE UNIQUE INDEX ON fee (amount)", 50, 0),
        ("ALTER TABLE fee ADD CHECK (amount > 11) NOT VALID", 40, 10),
        ("ALTER TABLE fee ALTER amount TYPE numeric(10,0)", 0, 50),
        (
          "CREATE TABLE kind (id int PRIMARY KEY); ALTER TABLE fee ADD FOREIGN KEY (gate) REFERENCES kind NOT VALID", 0,
          50
        ),
      ])
    func `a table that was changed is planned again, and its rows are judged as it is now`(
      change: String, written: Int, rejected: Int
    ) async throws {
      try await withScenario(source: Self.gated(Self.source), target: Self.gatedTarget(Self.target)) {
        scenario async throws in
        let log = CapturedLog()
        let report = try await sync(scenario, log: log, while: change)
        #expect(log.lines("planned_again").count == 1)
        #expect(report.table("fee")?.counts.written == written)
        #expect(report.table("fee")?.counts.rejected == rejected)
        #expect(try await scenario.target.value("SELECT count(*) FROM fee WHERE amount > 0") == "\(written)")
      }
    }

    @Test func `a table that cannot be planned any more fails by name`() async throws {
      try await withScenario(source: Self.gated(Self.source), target: Self.gatedTarget(Self.target)) {
        scenario async throws in
        let report = try await sync(scenario, while: "CREATE RULE none AS ON INSERT TO fee DO INSTEAD NOTHING")
        #expect(report.table("gate")?.status == .success)
        #expect(report.table("fee")?.error?.contains("rule") == true)
      }
    }

    @Test func `a partition that is attached meanwhile gets no row that its foreign key forbids`() async throws {
      let target = """
        CREATE TABLE father (id int PRIMARY KEY);
        CREATE TABLE fee (id int PRIMARY KEY, amount numeric(10,2), source char(1)) PARTITION BY RANGE (id);
        CREATE TABLE fee_low PARTITION OF fee FOR VALUES FROM (0) TO (10);
        """
      try await withScenario(source: Self.gated(Self.source), target: Self.gatedTarget(target)) {
        scenario async throws in
        try await scenario.target.run(
          "CREATE TABLE fee_high (id int PRIMARY KEY REFERENCES father, amount numeric(10,2), source char(1), gate int)"
        )
        let report = try await sync(
          scenario, while: "ALTER TABLE fee ATTACH PARTITION fee_high FOR VALUES FROM (10) TO (100)")
        #expect(report.table("fee")?.counts.rejected == 41)
        #expect(try await scenario.target.value("SELECT count(*) || ' ' || max(id) FROM fee") == "9 9")
      }
    }

    @Test(
      arguments: [
        "ANALYZE fee", "CREATE INDEX ON fee (amount)", "GRANT SELECT ON fee TO PUBLIC",
        "ALTER TABLE fee ALTER amount SET STATISTICS 10", "COMMENT ON TABLE fee IS 'of the app'",
        "INSERT INTO fee VALUES (900, 1, 'M', NULL)",
      ])
    func `what changes nothing that the plan rests on does not keep a table from landing`(change: String) async throws {
      try await withScenario(source: Self.gated(Self.source), target: Self.gatedTarget(Self.target)) {
        scenario async throws in
        #expect(try await sync(scenario, while: change).outcome == .success)
      }
    }

    @Test func `a function that a trigger calls is part of what was planned upon`() async throws {
      let target =
        Self.target + """
          CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
          CREATE TRIGGER touch BEFORE INSERT ON fee FOR EACH ROW EXECUTE FUNCTION touch();
          """
      try await withScenario(source: Self.gated(Self.source), target: Self.gatedTarget(target)) {
        scenario async throws in
        let report = try await sync(
          scenario, isAtomic: true,
          while: """
            CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
              $$BEGIN NEW.amount := 7; RETURN NEW; END$$
            """)
        #expect(report.table("fee")?.error?.contains("(other triggers)") == true)
        #expect(try await scenario.target.value("SELECT count(*) FROM fee WHERE amount = 7") == "0")
      }
    }

    @Test func `another table that has taken the name is not the one that was planned`() async throws {
      try await withScenario(source: Self.gated(Self.source), target: Self.gatedTarget(Self.target)) {
        scenario async throws in
        let report = try await sync(
          scenario, isAtomic: true,
          while:
            "CREATE TABLE next (LIKE fee INCLUDING ALL); ALTER TABLE fee RENAME TO before; ALTER TABLE next RENAME TO fee"
        )
        #expect(report.table("fee")?.status == .failed)
        #expect(try await scenario.target.value("SELECT count(*) FROM fee") == "0")
      }
    }
  }
}
