import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Columns whose values stand in another table of the source.
  @Suite struct LookupTests {
    /// Jobs have a client, which tasks are to have as well. One job stands there several times, with one client.
    static let source = """
      CREATE TABLE jobshead (job_id int, client_id int);
      INSERT INTO jobshead SELECT j, 100 + j FROM generate_series(1, 20) j, generate_series(1, 24) c;
      CREATE TABLE jobtasks (id int, job_id int, note text);
      INSERT INTO jobtasks SELECT i, 1 + i % 20, 'note ' || i FROM generate_series(1, 2000) i;
      """
    static let target =
      "CREATE TABLE jobtasks (id int PRIMARY KEY, job_id int, client_id int, note text, source text)"

    static func lookup(
      _ table: String = "jobshead", by: [(String, String)] = [("job_id", "job_id")], take: String = "client_id",
      missing: LookupConfiguration.MissingRule = .reject
    ) -> ColumnMapping.Value {
      .lookup(
        LookupConfiguration(
          table: TableName(name: table),
          by: by.map { LookupConfiguration.Match(column: ObjectName($0.0), value: ObjectName($0.1)) },
          take: ObjectName(take), missing: missing))
    }

    static func tasks(
      _ value: ColumnMapping.Value = lookup(), _ change: (inout TableConfiguration) -> Void = { _ in }
    ) -> TableConfiguration {
      var table = TableConfiguration(
        target: TableName(name: "jobtasks"), columns: [ColumnMapping(column: "client_id", value: value)])
      change(&table)
      return table
    }

    static let check = "SELECT count(*), sum(client_id - 100 - job_id) FROM jobtasks WHERE client_id IS NOT NULL"

    /// The ways that rows take.
    enum Way: String, CaseIterable {
      case asArrays, directly, staged, inChunks, asText, spilled

      var settings: RunSettings {
        var settings = self == .staged ? .staged : RunSettings()
        switch self {
        case .asArrays, .staged: break
        case .directly: settings.smallBytes = 0
        case .inChunks: settings.chunkBytes = 64 << 10
        case .asText: settings.copyFormat = .text
        case .spilled: settings.spill = SpillSettings(mode: .always)
        }
        if self == .inChunks || self == .asText { settings.directLoad = .never }
        return settings
      }
    }

    @Test(arguments: Way.allCases) func `a column gets the value that the other table has`(way: Way) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let configuration = scenario.configuration([Self.tasks()], settings: way.settings)
        let report = try await scenario.sync(configuration)
        #expect(report.outcome == .success)
        #expect(report.totals.inserted == 2000)
        #expect(report.totals.rejected == 0)
        #expect(try await scenario.target.rows(Self.check) == [["2000", "0"]])
        let again = try await scenario.sync(configuration)
        #expect(again.totals.unchanged == 2000)
        #expect(again.totals.written == 0)
      }
    }

    @Test func `a large table is read in chunks, each with the same values`() async throws {
      let source =
        Self.source + """
          ; INSERT INTO jobtasks SELECT i, 1 + i % 20, repeat('x', 100) FROM generate_series(2001, 20000) i
          """
      try await withScenario(source: source, target: Self.target) { scenario async throws in
        let report = try await scenario.sync(
          scenario.configuration([Self.tasks()], settings: RunSettings(chunkBytes: 64 << 10)).staged)
        #expect(report.table("jobtasks")!.chunks > 10)
        #expect(report.totals.inserted == 20_000)
        #expect(try await scenario.target.rows(Self.check) == [["20000", "0"]])
      }
    }

    @Test func `a change of what is looked up is a change of the row, and the digest finds it`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let configuration = scenario.configuration([Self.tasks()])
        try await scenario.sync(configuration)
        let level = try await scenario.sync(configuration)
        #expect(level.totals.matched == 2000)
        try await scenario.source.run("UPDATE jobshead SET client_id = 7 WHERE job_id = 5")
        let report = try await scenario.sync(configuration)
        #expect(report.totals.updated == 100)
        #expect(try await scenario.target.value("SELECT count(*) FROM jobtasks WHERE client_id = 7") == "100")
        // What is not taken changes nothing.
        try await scenario.source.run(
          "DELETE FROM jobshead WHERE ctid NOT IN (SELECT min(ctid) FROM jobshead GROUP BY job_id)")
        #expect(try await scenario.sync(configuration).totals.matched == 2000)
      }
    }

    @Test(arguments: [Way.asArrays, .directly, .staged])
    func `rows without a row to look up are rejected, and so are those with several values`(way: Way) async throws {
      let source =
        Self.source + """
          ; DELETE FROM jobshead WHERE job_id = 1;
          UPDATE jobshead SET client_id = 9 WHERE ctid = (SELECT min(ctid) FROM jobshead WHERE job_id = 2);
          UPDATE jobshead SET client_id = NULL WHERE ctid = (SELECT min(ctid) FROM jobshead WHERE job_id = 3);
          UPDATE jobshead SET client_id = NULL WHERE job_id = 4;
          UPDATE jobtasks SET job_id = NULL WHERE id <= 10
          """
      try await withScenario(source: source, target: Self.target) { scenario async throws in
        let configuration = scenario.configuration([Self.tasks()], settings: way.settings)
        for _ in 1...2 {
          let report = try await scenario.sync(configuration)
          #expect(report.outcome == .rejects)
          // One of each twenty tasks is of a job, but for the ten without.
          #expect(
            report.table("jobtasks")?.rejectReasons
              == [RejectReason.missingLookup.words: 100, RejectReason.ambiguousLookup.words: 198])
          #expect(report.totals.inserted + report.totals.unchanged == 1702)
        }
        let rejects = try await scenario.target.rows(
          """
          SELECT DISTINCT reason, column_name, message FROM pgtide.rejects WHERE times = 2 ORDER BY reason
          """)
        #expect(
          rejects == [
            [
              "ambiguous lookup", "client_id",
              "several values of client_id in public.jobshead on the source (by job_id)",
            ],
            ["lookup without a row", "client_id", "no such row in public.jobshead on the source (by job_id)"],
          ])
        #expect(
          try await scenario.target.rows("SELECT row_key, row_data FROM pgtide.rejects WHERE row_key = '{\"id\": 21}'")
            == [[#"{"id": 21}"#, #"{"id": 21, "note": "note 21", "job_id": 2, "client_id": null}"#]])
        // Nothing refers, or the value is NULL there.
        let without = "SELECT count(*) FILTER (WHERE job_id IS NULL), count(*) FROM jobtasks WHERE client_id IS NULL"
        #expect(try await scenario.target.rows(without) == [["10", "109"]])
      }
    }

    @Test(arguments: [Way.asArrays, .directly, .staged])
    func `a row may do without, but not choose among several values`(way: Way) async throws {
      let source =
        Self.source + """
          ; DELETE FROM jobshead WHERE job_id = 1;
          UPDATE jobshead SET client_id = 9 WHERE ctid = (SELECT min(ctid) FROM jobshead WHERE job_id = 2)
          """
      try await withScenario(source: source, target: Self.target) { scenario async throws in
        let table = Self.tasks(Self.lookup(missing: .null))
        let report = try await scenario.sync(scenario.configuration([table], settings: way.settings))
        #expect(report.table("jobtasks")?.rejectReasons == [RejectReason.ambiguousLookup.words: 100])
        #expect(try await scenario.target.value("SELECT count(*) FROM jobtasks WHERE client_id IS NULL") == "100")
      }
    }

    @Test func `a lookup that begins to fail is found, though the target's row looks as it did`() async throws {
      let source = """
        CREATE TABLE jobshead (job_id int, client_id int); INSERT INTO jobshead VALUES (1, NULL);
        CREATE TABLE jobtasks (id int, job_id int); INSERT INTO jobtasks VALUES (1, 1), (2, NULL);
        """
      try await withScenario(source: source, target: Self.target) { scenario async throws in
        let configuration = scenario.configuration([Self.tasks()])
        #expect(try await scenario.sync(configuration).totals.inserted == 2)
        #expect(try await scenario.sync(configuration).totals.matched == 2)
        try await scenario.source.run("DELETE FROM jobshead")
        let report = try await scenario.sync(configuration)
        #expect(report.totals.rejected == 1)
        #expect(report.totals.unchanged == 1)
        #expect(try await scenario.target.value("SELECT count(*) FROM jobtasks") == "2")
      }
    }

    @Test func `several columns find the row, and one that is NULL finds none`() async throws {
      let source = """
        CREATE TABLE part (job int, no text, "the price" numeric, maker uuid);
        INSERT INTO part VALUES (1, 'a', 1.50, '00000000-0000-0000-0000-000000000001'),
          (1, 'b', 2.5, NULL), (2, 'a', 3, NULL), (NULL, 'a', 4, NULL);
        CREATE TABLE t (id int, job_id bigint, part_no varchar(5), value int);
        INSERT INTO t VALUES (1, 1, 'a', 0), (2, 1, 'b', 0), (3, 2, 'a', 0), (4, NULL, 'a', 0), (5, 2, NULL, 0), (6, 2, 'b', 0);
        """
      let target = """
        CREATE TABLE t (id int PRIMARY KEY, job_id bigint, part_no text, price numeric(8,2), maker uuid, value int,
          source text)
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let by = [("job", "job_id"), ("no", "part_no")]
        // A name that stands alone in the user's SQL is the source row's, whatever the lookup's columns are called.
        let table = TableConfiguration(
          target: TableName(name: "t"), filter: "value = 0 AND id < 100",
          columns: [
            ColumnMapping(column: "price", value: Self.lookup("part", by: by, take: "the price")),
            ColumnMapping(column: "maker", value: Self.lookup("part", by: by, take: "maker", missing: .null)),
          ])
        let report = try await scenario.sync(scenario.configuration([table]))
        #expect(report.table("t")?.rejectReasons == [RejectReason.missingLookup.words: 1])
        #expect(
          try await scenario.target.rows("SELECT id, price, right(maker::text, 1) FROM t ORDER BY id") == [
            ["1", "1.50", "1"], ["2", "2.50", "NULL"], ["3", "3.00", "NULL"], ["4", "NULL", "NULL"],
            ["5", "NULL", "NULL"],
          ])
        #expect(
          try await scenario.target.value("SELECT message FROM pgtide.rejects")
            == "no such row in public.part on the source (by job, no)")
      }
    }

    @Test func `the key itself may be looked up`() async throws {
      let source = """
        CREATE TABLE old (number int, id int); INSERT INTO old VALUES (7, 70), (8, 80);
        CREATE TABLE t (number int, v text); INSERT INTO t VALUES (7, 'a'), (8, 'b'), (9, 'c'), (NULL, 'd');
        """
      let target = "CREATE TABLE t (id int PRIMARY KEY, v text, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let table = TableConfiguration(
          target: TableName(name: "t"), skip: ["number"],
          columns: [ColumnMapping(column: "id", value: Self.lookup("old", by: [("number", "number")], take: "id"))])
        for _ in 1...2 {
          let report = try await scenario.sync(scenario.configuration([table]))
          #expect(
            report.table("t")?.rejectReasons
              == [RejectReason.missingLookup.words: 1, RejectReason.nullKey.words: 1])
        }
        #expect(try await scenario.target.rows("SELECT id, v FROM t ORDER BY id") == [["70", "a"], ["80", "b"]])
      }
    }

    @Test func `a query, a view and partitions are sources, and a view and partitions are looked into`() async throws {
      let source =
        Self.source + """
          ; CREATE VIEW heads AS SELECT DISTINCT job_id, client_id FROM jobshead;
          CREATE TABLE parted (job_id int, client_id int) PARTITION BY LIST (job_id);
          CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1, 2, 3);
          CREATE TABLE parted_2 PARTITION OF parted DEFAULT;
          INSERT INTO parted SELECT * FROM jobshead;
          CREATE TABLE tasks (LIKE jobtasks) PARTITION BY RANGE (id);
          CREATE TABLE tasks_1 PARTITION OF tasks FOR VALUES FROM (0) TO (1000);
          CREATE TABLE tasks_2 PARTITION OF tasks FOR VALUES FROM (1000) TO (9999);
          INSERT INTO tasks SELECT * FROM jobtasks;
          CREATE VIEW seen AS SELECT * FROM jobtasks;
          """
      let sources: [SourceConfiguration] = [
        .query("SELECT id, job_id, note FROM public.jobtasks -- all"), .relation(TableName(name: "tasks")),
        .relation(TableName(name: "seen")),
      ]
      try await withScenario(source: source, target: Self.target) { scenario async throws in
        for (rows, looked) in zip(sources, ["heads", "parted", "heads"]) {
          let table = Self.tasks(Self.lookup(looked)) { $0.source = rows }
          try await scenario.target.run("TRUNCATE jobtasks")
          for _ in 1...2 { #expect(try await scenario.sync(scenario.configuration([table])).outcome == .success) }
          #expect(try await scenario.target.rows(Self.check) == [["2000", "0"]])
        }
        // Of a view, nobody knows that it says the same again.
        let plan = try await Sync(scenario.configuration([Self.tasks(Self.lookup("heads"))])).plan()
        #expect(PlanSummary(plan).tables[0].digest == "none: a view or a query may answer in another way each time")
      }
    }

    @Test func `rows of tables that inherit from the other one are not its own`() async throws {
      let source =
        Self.source + """
          ; DELETE FROM jobshead WHERE job_id = 1; CREATE TABLE heirs () INHERITS (jobshead); INSERT INTO heirs VALUES (1, 101)
          """
      try await withScenario(source: source, target: Self.target) { scenario async throws in
        #expect(try await scenario.sync(scenario.configuration([Self.tasks()])).totals.rejected == 100)
      }
    }

    @Test func `rows that are held back are judged by their lookup first`() async throws {
      let source =
        Self.source + """
          ; DELETE FROM jobshead WHERE job_id = 1; CREATE TABLE jobs (id int); INSERT INTO jobs SELECT generate_series(3, 20)
          """
      let target = """
        CREATE TABLE jobs (id int PRIMARY KEY, source text);
        CREATE TABLE jobtasks (id int PRIMARY KEY, job_id int REFERENCES jobs, client_id int, note text, source text)
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let configuration = scenario.configuration(
          [TableConfiguration(target: TableName(name: "jobs")), Self.tasks()],
          settings: RunSettings(chunkBytes: 64 << 10, directLoad: .never, keyCache: .on))
        for _ in 1...2 {
          let report = try await scenario.sync(configuration)
          #expect(
            report.table("jobtasks")?.rejectReasons
              == [RejectReason.missingLookup.words: 100, RejectReason.missingParent.words: 100])
        }
      }
    }
  }
}
