import EphemeralPostgres
import PGTide
import PracticeData
import Testing

extension Integration {
  /// What `plan --profile` measures is what a run then does.
  @Suite struct ProfileTests {
    /// Measures, runs, and compares both, table by table; returns what was measured.
    @discardableResult
    private func compare(
      _ scenario: Scenario, _ configuration: SyncConfiguration, location: SourceLocation = #_sourceLocation
    ) async throws -> PlanSummary {
      let names = FullNames(configuration)
      defer { names.record(location) }
      let options = Sync.Options(tracer: names.tracer(passingTo: nil))
      let plan = try await Sync(configuration, options: options).measuredPlan()
      let report = try await scenario.sync(configuration)
      for table in report.tables {
        let profile = plan.tables.first { $0.table == table.table }?.profile
        let reasons = Dictionary(profile?.rejected.map { ($0.reason, $0.rows) } ?? [], uniquingKeysWith: +)
        #expect(reasons == table.rejectReasons, "\(table.table)", sourceLocation: location)
        #expect(profile?.rows == table.counts.read, "\(table.table)", sourceLocation: location)
        let stands = table.counts.written + table.counts.unchanged + table.counts.protected
        #expect(profile?.goIn == stands, "\(table.table)", sourceLocation: location)
      }
      return plan
    }

    @Test func `the practice data's dirt is measured as a run then finds it, on an empty target and on a full one`()
      async throws
    {
      try await withPracticeDatabases(dirt: .some) { source, target, made async throws in
        let scenario = Scenario(source: source, target: target)
        let plan = try await compare(scenario, scenario.practice())
        let tasks = plan.tables.first { $0.table == "jobtasks" }?.profile
        func dirty(_ kind: Dirt.Kind) -> Int {
          made.filter { $0.kind == kind && $0.table == "jobtasks" }.map(\.rows).reduce(0, +)
        }
        func rows(_ reason: RejectReason) -> [PlanSummary.Profile.Reject] {
          tasks?.rejected.filter { $0.reason == reason.words } ?? []
        }
        #expect(rows(.nullKey).map(\.about) == ["jt_id"])
        #expect(rows(.nullKey).map(\.rows) == [dirty(.nullKeys)])
        #expect(rows(.doesNotFit).map(\.about) == ["task_desc"])
        #expect(rows(.missingParent).map(\.rows).reduce(0, +) == dirty(.orphans))
        #expect(tasks?.unmeasured == [])
        try await compare(scenario, scenario.practice())
      }
    }

    @Test func `it writes nothing`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        let plan = try await Sync(scenario.configuration("people")).measuredPlan()
        #expect(plan.tables[0].profile == PlanSummary.Profile(rows: 3, goIn: 3, rejected: [], unmeasured: []))
        #expect(try await scenario.target.value("SELECT to_regnamespace('pgtide') IS NULL") == "t")
      }
    }

    @Test func `parents that only the target has are parents, and rejected ones are none`() async throws {
      let source = """
        CREATE TABLE grand (a int, b text); INSERT INTO grand VALUES (1, 'x'), (2, 'y'), (2, 'y');
        CREATE TABLE parent (id int, a int, b text);
        INSERT INTO parent VALUES (10, 1, 'x'), (11, 2, 'y'), (12, 3, 'z'), (13, 4, 'app'), (14, NULL, 'x'), (15, 9, 'q');
        CREATE TABLE child (id int, parent int, other int);
        INSERT INTO child SELECT p, p, o FROM generate_series(10, 16) p, (VALUES (1)) v (o);
        INSERT INTO child VALUES (99, 10, 2), (NULL, 10, 1);
        """
      let target = """
        CREATE TABLE outside (id int PRIMARY KEY); INSERT INTO outside VALUES (1);
        CREATE TABLE grand (a int, b varchar(3), source text, PRIMARY KEY (a, b)); INSERT INTO grand VALUES (4, 'app', 'M');
        CREATE TABLE parent (id int PRIMARY KEY, a int, b varchar(3), source text, FOREIGN KEY (a, b) REFERENCES grand);
        INSERT INTO grand VALUES (9, 'q', 'M'); INSERT INTO parent VALUES (16, 9, 'q', 'M');
        CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent, other int REFERENCES outside, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let configuration = scenario.configuration("child", "parent", "grand")
        let plan = try await compare(scenario, configuration)
        let child = plan.tables.first { $0.table == "child" }?.profile
        #expect(
          child?.rejected.map { "\($0.rows) \($0.reason): \($0.about)" } == [
            "1 NULL in the key: id", "1 missing parent: child_other_fkey", "2 missing parent: child_parent_fkey",
          ])
        try await compare(scenario, configuration)
      }
    }

    @Test func `rules for duplicates, filters, lookups and casts are measured`() async throws {
      let source = """
        CREATE TABLE head (job int, client int); INSERT INTO head VALUES (1, 5), (2, 6), (2, 7);
        CREATE TABLE t (id int, job int, changed date, size bigint, price numeric, note text);
        INSERT INTO t VALUES (1, 1, '2026-01-01', 1, 1, 'a'), (1, 1, '2026-01-02', 99999999999, 1, 'a'),
          (2, 2, NULL, 1, 1, 'a'), (3, 3, NULL, 1, 1, 'a'), (4, 1, NULL, 1, 1.005, 'a'), (5, 1, NULL, 1, 1, 'far too long'),
          (6, 1, NULL, 1, 1, NULL), (7, 1, NULL, -1, 1, 'a'), (8, 1, NULL, 1, 1.5, 'a');
        """
      let target = """
        CREATE TABLE t (id int PRIMARY KEY, job int, client int, size int, price numeric(8,2), note varchar(5) NOT NULL,
          source text)
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let table = TableConfiguration(
          target: TableName(name: "t"), filter: "src.size > 0", skip: ["changed"],
          columns: [
            ColumnMapping(column: "client", value: LookupTests.lookup("head", by: [("job", "job")], take: "client"))
          ],
          duplicates: .last(by: "src.changed"))
        let plan = try await compare(scenario, scenario.configuration([table]))
        #expect(
          plan.tables[0].profile?.rejected.map { "\($0.rows) \($0.reason): \($0.about)" } == [
            "1 duplicate key: ", "1 lookup without a row: client", "1 ambiguous lookup: client",
            "1 NULL in a NOT NULL column: note", "1 does not fit: note", "1 does not fit: price",
            "1 does not fit: size",
          ])
        #expect(plan.tables[0].profile?.goIn == 1)
      }
    }

    @Test func `what is not measured is told`() async throws {
      let source = """
        CREATE TABLE t (id int, boss int, mood text); INSERT INTO t VALUES (1, NULL, 'sad'), (2, 7, 'none');
        """
      let target = """
        CREATE TYPE mood AS ENUM ('sad', 'glad');
        CREATE TABLE t (id int PRIMARY KEY, boss int REFERENCES t, mood mood, source text)
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let plan = try await Sync(scenario.configuration("t")).measuredPlan()
        #expect(
          plan.tables[0].profile?.unmeasured == [
            "values that do not fit column mood, whose type is the target's own", "missing parents by t_boss_fkey",
          ])
        #expect(plan.tables[0].profile?.goIn == 2)
      }
    }
  }
}
