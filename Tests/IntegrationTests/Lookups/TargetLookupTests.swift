import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Columns whose values stand in another table of the target, which may have been made in the run itself.
  @Suite struct TargetLookupTests {
    static func lookup(
      _ column: String, _ table: String, by: [(String, String)], take: String,
      missing: LookupConfiguration.MissingRule = .reject
    ) -> ColumnMapping {
      ColumnMapping(
        column: ObjectName(column),
        value: .lookup(
          LookupConfiguration(
            table: TableName(name: table),
            by: by.map { LookupConfiguration.Match(column: ObjectName($0.0), value: ObjectName($0.1)) },
            take: ObjectName(take), end: .target, missing: missing)))
    }

    /// Tasks have a number on the target only. Steps and notes refer to it there, and to the task's job and title here.
    private static let source = """
      CREATE TABLE tasks (job int, title varchar(20));
      INSERT INTO tasks VALUES (1, 'plan'), (1, 'build'), (2, 'plan');
      CREATE TABLE steps (id int, job bigint, task char(20), v text);
      INSERT INTO steps VALUES (1, 1, 'plan', 'a'), (2, 1, 'build', 'b'), (3, 2, 'plan', 'c'), (4, 9, 'plan', 'd'),
        (5, NULL, 'plan', 'e');
      CREATE TABLE notes (id int, job int, task text);
      INSERT INTO notes VALUES (1, 1, 'build'), (2, 9, 'plan'), (3, NULL, NULL);
      """

    /// The app has a task of its own, and drew numbers for it.
    private static let target = """
      CREATE TABLE tasks (id int GENERATED ALWAYS AS IDENTITY (START 100) PRIMARY KEY, job int NOT NULL, title text NOT NULL,
        source text DEFAULT 'M', UNIQUE (job, title));
      INSERT INTO tasks (job, title) VALUES (7, 'app');
      CREATE TABLE steps (id int PRIMARY KEY, task_id int REFERENCES tasks, v text, source text DEFAULT 'M');
      CREATE TABLE notes (id int PRIMARY KEY, task_id bigint, source text DEFAULT 'M');
      """

    private static let tables = [
      TableConfiguration(
        target: TableName(name: "steps"),
        columns: [lookup("task_id", "tasks", by: [("job", "job"), ("title", "task")], take: "id")]),
      TableConfiguration(
        target: TableName(name: "notes"),
        columns: [
          lookup("task_id", "tasks", by: [("job", "job"), ("title", "task")], take: "id", missing: .null)
        ]),
      TableConfiguration(target: TableName(name: "tasks"), key: ["job", "title"]),
    ]

    /// What each row refers to, by the names of the source.
    private static let steps = """
      SELECT s.id, coalesce(t.job, 0), coalesce(t.title, '-') FROM steps s LEFT JOIN tasks t ON t.id = s.task_id ORDER BY 1
      """
    private static let notes = """
      SELECT s.id, coalesce(t.job, 0), coalesce(t.title, '-') FROM notes s LEFT JOIN tasks t ON t.id = s.task_id ORDER BY 1
      """
    private static let versions = """
      SELECT string_agg(x, ' ') FROM (SELECT xmin::text || id AS x FROM tasks UNION ALL SELECT xmin::text || id FROM steps
        UNION ALL SELECT xmin::text || id FROM notes) rows
      """

    @Test func `rows get numbers that were made in the run, follow changes of both tables, and are left alone else`()
      async throws
    {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let configuration = scenario.configuration(Self.tables)
        // A dry run and a check see rows that are still to come.
        let dry = try await scenario.sync(configuration, options: Sync.Options(isDryRun: true))
        #expect(dry.tables.map { [$0.counts.inserted, $0.counts.rejected] } == [[3, 0], [4, 1], [3, 0]])
        let before = try await Check(configuration, options: Check.Options(makesStatements: true)).run()
        #expect(before.tables.map(\.sourceOnly) == [3, 4, 3])
        #expect(before.tables.map(\.rejected) == [0, 1, 0])
        // What they refer to is not there, so that no statement can name it; one refers to nothing.
        let made = before.tables.first { $0.table == "steps" }?.lines.filter { $0.sql != nil }.map(\.key)
        #expect(made?.map { $0.map(\.value) } == [["5"]])

        let first = try await scenario.sync(configuration, options: Sync.Options(proves: true))
        #expect(first.tables.map { [$0.counts.inserted, $0.counts.rejected] } == [[3, 0], [4, 1], [3, 0]])
        #expect(first.proof?.outcome == .rejects)
        #expect(
          try await scenario.target.rows(Self.steps) == [
            ["1", "1", "plan"], ["2", "1", "build"], ["3", "2", "plan"], ["5", "0", "-"],
          ])
        #expect(
          try await scenario.target.rows(Self.notes) == [["1", "1", "build"], ["2", "0", "-"], ["3", "0", "-"]])
        #expect(
          try await scenario.target.rows("SELECT row_key, reason, message, row_data FROM pgtide.rejects") == [
            [
              #"{"id": 4}"#, "lookup without a row", "no such row in public.tasks on the target (by job, title)",
              #"{"v": "d", "id": 4, "job": 9, "task": "plan                ", "task_id": null}"#,
            ]
          ])

        let versions = try await scenario.target.value(Self.versions)
        let again = try await scenario.sync(configuration)
        #expect(again.totals.written == 0)
        #expect(try await scenario.target.value(Self.versions) == versions)

        // The task comes, another row refers to another task, and the number of a task changes.
        try await scenario.source.run(
          "INSERT INTO tasks VALUES (9, 'plan'); UPDATE steps SET task = 'plan' WHERE id = 2")
        try await scenario.target.run(
          "ALTER TABLE steps DISABLE TRIGGER ALL; ALTER TABLE tasks ALTER id DROP IDENTITY")
        try await scenario.target.run("DELETE FROM steps WHERE id = 3; UPDATE tasks SET id = 5 WHERE job = 2")
        try await scenario.target.run(
          "ALTER TABLE tasks ALTER id SET DEFAULT 77; ALTER TABLE steps ENABLE TRIGGER ALL")
        let ahead = try await scenario.sync(configuration, options: Sync.Options(isDryRun: true))
        let changed = try await scenario.sync(configuration)
        for report in [ahead, changed] {
          #expect(report.table("steps")!.counts.inserted == 2)
          #expect(report.table("steps")!.counts.updated == 1)
          #expect(report.table("notes")!.counts.updated == 1)
          #expect(report.outcome == .success)
        }
        #expect(
          try await scenario.target.rows(Self.steps) == [
            ["1", "1", "plan"], ["2", "1", "plan"], ["3", "2", "plan"], ["4", "9", "plan"], ["5", "0", "-"],
          ])
        #expect(try await scenario.target.value("SELECT task_id FROM steps WHERE id = 3") == "5")
        #expect(try await scenario.target.value("SELECT task_id FROM notes WHERE id = 2") == "77")
        let after = try await Check(configuration).run()
        #expect(after.outcome == .level)

        await #expect(throws: PlanRefusal.self) {
          try await scenario.sync(configuration, options: Sync.Options(isAtomic: true))
        }
        // Alone, it looks into what stands there.
        var alone = scenario.configuration([Self.tables[0]])
        alone.settings.copyFormat = .text
        try await scenario.target.run("UPDATE steps SET task_id = 77")
        #expect(try await scenario.sync(alone, options: Sync.Options(isAtomic: true)).totals.updated == 4)
      }
    }

    @Test
    func `of several rows none is taken, unless they have one value, and what a failed lookup hides is not deleted`()
      async throws
    {
      let target =
        Self.target.replacing(", UNIQUE (job, title)", with: ", kind text DEFAULT 'k'")
        + "CREATE TABLE links (task_id int, id int, source text DEFAULT 'D', PRIMARY KEY (task_id, id));"
          + """
          INSERT INTO tasks (job, title) VALUES (1, 'plan'), (1, 'build'), (1, 'build'), (2, 'plan');
          INSERT INTO links SELECT id, 1 FROM tasks;
          INSERT INTO links VALUES (999, 2);
          """
      let source = Self.source + "CREATE TABLE links AS SELECT id, job, task FROM notes WHERE id = 1"
      try await withScenario(source: source, target: target) { scenario async throws in
        var links = TableConfiguration(
          target: TableName(name: "links"),
          columns: [Self.lookup("task_id", "tasks", by: [("job", "job"), ("title", "task")], take: "id")])
        links.deletes = .remove
        let steps = TableConfiguration(
          target: TableName(name: "steps"),
          columns: [
            Self.tables[0].columns[0],
            Self.lookup("v", "tasks", by: [("job", "job"), ("title", "task")], take: "kind"),
          ])
        let report = try await scenario.sync(scenario.configuration([steps, links]))
        #expect(
          report.table("steps")?.rejectReasons == [
            RejectReason.missingLookup.words: 1, RejectReason.ambiguousLookup.words: 1,
          ])
        #expect(
          try await scenario.target.rows("SELECT coalesce(v, '-') FROM steps ORDER BY id") == [["k"], ["k"], ["-"]])
        #expect(report.table("links")?.rejectReasons == [RejectReason.ambiguousLookup.words: 1])
        // What the failed one may be stays, and that is said; what it cannot be goes.
        #expect(report.table("links")?.counts.deleted == 1)
        #expect(try await scenario.target.value("SELECT count(*) FROM links") == "5")
        #expect(
          report.table("links")?.warnings.contains {
            $0.contains("5 rows of ours stand on the target only")
              && $0.contains("known by task_id, which is looked up")
          } == true)
      }
    }

    /// The source has numbers of its own for its tasks. One of them has no title, and two cannot be told apart.
    static let numbered = """
      CREATE TABLE tasks (no int, job int, name varchar(20), hours int);
      INSERT INTO tasks VALUES (10, 1, 'plan', 1), (11, 1, 'build', 1), (12, 2, NULL, 1), (13, 3, 'twice', 1), (14, 3, 'twice', 1);
      CREATE TABLE steps (task bigint, v text);
      INSERT INTO steps VALUES (10, 'a'), (10, 'a'), (11, 'b'), (12, 'c'), (99, 'd'), (NULL, 'e'), (13, 'f');
      """

    static let numberedTarget = """
      CREATE TABLE tasks (no int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, job bigint, title text, hours int, source text DEFAULT 'M');
      INSERT INTO tasks (job, title) SELECT 7, 'app' FROM generate_series(1, 20);
      INSERT INTO tasks (job, title) VALUES (2, 'NULL');
      CREATE TABLE steps (id serial PRIMARY KEY, task_no int REFERENCES tasks, v text, source text DEFAULT 'M');
      """

    static let numberedTables = [
      TableConfiguration(
        target: TableName(name: "steps"), pairing: .generated(match: ["task_no", "v"]),
        columns: [lookup("task_no", "tasks", by: [("no", "task")], take: "no")]),
      TableConfiguration(
        target: TableName(name: "tasks"), pairing: .generated(match: ["job", "title"]),
        columns: [ColumnMapping(column: "title", value: .renamed("name"))]),
    ]

    @Test func `a key that the target makes anew is translated, by the columns by which its rows are paired`()
      async throws
    {
      try await withScenario(source: Self.numbered, target: Self.numberedTarget) { scenario async throws in
        let configuration = scenario.configuration(Self.numberedTables)
        let reasons = [RejectReason.missingLookup.words: 1, RejectReason.ambiguousLookup.words: 1]
        for options in [Sync.Options(isDryRun: true), Sync.Options(proves: true)] {
          let report = try await scenario.sync(configuration, options: options)
          #expect(report.totals.inserted == 10)
          #expect(report.table("steps")?.rejectReasons == reasons)
        }
        let level = """
          SELECT coalesce(t.job, 0), coalesce(t.title, '-'), s.v FROM steps s LEFT JOIN tasks t ON t.no = s.task_no ORDER BY s.v
          """
        #expect(
          try await scenario.target.rows(level) == [
            ["1", "plan", "a"], ["1", "plan", "a"], ["1", "build", "b"], ["2", "-", "c"], ["0", "-", "e"],
          ])
        #expect(
          try await scenario.target.value("SELECT message FROM pgtide.rejects WHERE row_data->>'v' = 'd'")
            == "no such row in public.tasks on the source (by no), or in public.tasks on the target (by job, title)")
        #expect(try await scenario.sync(configuration).totals.written == 0)

        // Of two that the source no longer has, one may be the row whose task is not found.
        var removing = configuration
        removing.deletes = .remove
        removing.maxDelete = .rows(100)
        removing.maxDrop = .rows(100)
        try await scenario.target.run("INSERT INTO steps (v, source) VALUES ('d', 'D'), ('gone', 'D')")
        #expect(try await scenario.sync(removing).totals.deleted == 1)
        #expect(try await scenario.target.value("SELECT string_agg(v, '' ORDER BY v) FROM steps") == "aabcde")

        // A task is told apart, another comes, a third gets another name and so another number.
        try await scenario.source.run(
          """
          DELETE FROM tasks WHERE no = 14; INSERT INTO tasks VALUES (99, 9, 'late', 1);
          UPDATE tasks SET name = 'built' WHERE no = 11
          """)
        #expect(try await scenario.sync(removing).outcome == .success)
        #expect(
          try await scenario.target.rows(level) == [
            ["1", "plan", "a"], ["1", "plan", "a"], ["1", "built", "b"], ["2", "-", "c"], ["9", "late", "d"],
            ["0", "-", "e"],
            ["3", "twice", "f"],
          ])
        #expect(try await scenario.sync(removing).totals.written == 0)
        #expect(try await Check(removing).run().outcome == .level)
      }
    }

    @Test func `values that a collation or a type calls the same are paired and translated one with one`() async throws
    {
      let source = """
        CREATE TABLE tasks (no int, title text, size numeric, off float8);
        INSERT INTO tasks VALUES (30, 'plan', 1.0, 0), (20, 'PLAN', 1.0, '-0'), (10, 'Plan', 1.00, 0);
        CREATE TABLE steps (id int, task int);
        INSERT INTO steps VALUES (1, 10), (2, 20), (3, 30);
        """
      let target = """
        CREATE COLLATION look (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE TABLE tasks (no serial PRIMARY KEY, title text COLLATE look, size numeric, off float8, source text);
        CREATE TABLE steps (id int PRIMARY KEY, task_no int REFERENCES tasks, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let steps = TableConfiguration(
          target: TableName(name: "steps"),
          columns: [Self.lookup("task_no", "tasks", by: [("no", "task")], take: "no")])
        let tasks = TableConfiguration(
          target: TableName(name: "tasks"), pairing: .generated(match: ["title", "size", "off"]))
        let configuration = scenario.configuration([steps, tasks])
        #expect(try await scenario.sync(configuration).totals.inserted == 6)
        let titles = "SELECT string_agg(title, ' ' ORDER BY s.id) FROM steps s JOIN tasks t ON t.no = s.task_no"
        #expect(try await scenario.target.value(titles) == "Plan PLAN plan")
        // Numbers that are equal and look different are updated, and no row is added.
        try await scenario.target.run(
          "UPDATE tasks SET size = 1.000, off = CASE off WHEN 0 THEN '-0'::float8 ELSE 0 END")
        let changed = try await scenario.sync(configuration)
        #expect((changed.totals.inserted, changed.totals.updated) == (0, 3))
        #expect(try await scenario.target.value(titles) == "Plan PLAN plan")
        #expect(try await scenario.sync(configuration).totals.written == 0)
      }
    }

    @Test func `a partition lands with its table, whose key it has`() async throws {
      let source = """
        CREATE TABLE v (id int, x int);
        INSERT INTO v SELECT 31 - g, g FROM generate_series(1, 30) g;
        CREATE TABLE c (cid int, gid int, x int);
        INSERT INTO c SELECT g, g, 31 - g FROM generate_series(1, 30) g;
        """
      let target = """
        CREATE TABLE v (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, x int, source text) PARTITION BY RANGE (id);
        CREATE TABLE v1 PARTITION OF v FOR VALUES FROM (0) TO (1000);
        CREATE TABLE c (cid int PRIMARY KEY, gid int, x int, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let v = TableConfiguration(target: TableName(name: "v"), pairing: .generated(match: ["x"]))
        let wrong = "SELECT count(*) FROM c LEFT JOIN v ON v.id = c.gid WHERE v.x IS DISTINCT FROM c.x"
        // By the number of the source, which is translated, and by a column that both have.
        for by in [("id", "gid"), ("x", "x")] {
          let c = TableConfiguration(
            target: TableName(name: "c"), columns: [Self.lookup("gid", "v1", by: [by], take: "id")])
          var configuration = scenario.configuration([c, v])
          try await scenario.target.run("TRUNCATE v, c")
          #expect(try await scenario.sync(configuration).totals.inserted == 60)
          #expect(try await scenario.target.value(wrong) == "0")
          #expect(try await scenario.sync(configuration).totals.written == 0)
          // The table may be left out of the run.
          configuration.tables = [c]
          configuration.leftOut = [v]
          #expect(try await scenario.sync(configuration).totals.unchanged == 30)
        }
      }
    }
  }
}
