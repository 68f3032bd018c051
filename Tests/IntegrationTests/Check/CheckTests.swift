import EphemeralPostgres
import Postgres
import PracticeData
import Testing

@testable import PGTide

extension Integration {
  /// Both ends are compared, and neither is written to.
  @Suite struct CheckTests {
    private func withPeople<R: Sendable>(_ body: (Scenario) async throws -> R) async throws -> R {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople, body)
    }

    @Test(.needs(.sourceVersion(14))) func `a level table is told by its digests`() async throws {
      try await withPeople { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        let report = try await scenario.check(scenario.configuration("people"))
        #expect(report.outcome == .level)
        #expect(report.tables.map(\.comparison) == [.digest])
        #expect(report.tables.map(\.level) == [3])
        let staged = try await scenario.check(scenario.configuration("people").staged)
        #expect(staged.outcome == .level)
        #expect(staged.tables.map(\.comparison) == [.rows])
        #expect(staged.tables.map(\.level) == [3])
      }
    }

    @Test func `a target that was never synced is compared, and nothing stays behind`() async throws {
      try await withPeople { scenario async throws in
        try await scenario.target.run("INSERT INTO people VALUES (1, 'Ann', 'D'), (2, 'Ben', 'D'), (9, 'App', 'M')")
        let before = try await scenario.target.rows("SELECT *, xmin, xmax, ctid FROM people ORDER BY id")
        #expect(try await scenario.check("people").texts == ["* 2 name", "+ 3"])
        #expect(try await scenario.target.rows("SELECT *, xmin, xmax, ctid FROM people ORDER BY id") == before)
        #expect(try await scenario.target.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'pgtide'") == "0")
        #expect(try await scenario.target.value("SELECT count(*) FROM pg_class WHERE relname LIKE 'pgtide%'") == "0")
      }
    }

    @Test(.needs(.sourceVersion(14))) func `of a large table only the buckets that differ are read`() async throws {
      try await withScenario(source: CheckFault.source, target: CheckFault.target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        try await scenario.target.run("UPDATE t SET a = 'other' WHERE id = 700; DELETE FROM t WHERE id = 1500")
        try await scenario.source.run("DELETE FROM t WHERE id = 4")
        let table = try await scenario.check("t")
        #expect(table.comparison == .digestAndRows)
        #expect(table.level == 1997)
        #expect(table.texts == ["* 700 a", "+ 1500", "- 4"])
      }
    }

    @Test func `a row of the app is listed where it looks otherwise, and does not count as a difference`() async throws
    {
      try await withPeople { scenario async throws in
        try await scenario.target.run("INSERT INTO people VALUES (1, 'Ann', 'M'), (2, 'Mine', 'M')")
        try await scenario.sync(scenario.configuration("people"))
        for configuration in [scenario.configuration("people"), scenario.configuration("people").staged] {
          let report = try await scenario.check(configuration)
          #expect(report.outcome == .level)
          #expect(report.tables[0].protected == 1)
          #expect(report.tables[0].lines.map(\.kind) == [.protected])
          #expect(report.tables[0].texts == ["* 2 name"])
        }
      }
    }

    @Test func `a child of a new parent would go in, and an orphan would not`() async throws {
      let source = """
        CREATE TABLE parent (id int); INSERT INTO parent VALUES (1), (2);
        CREATE TABLE child (id int, parent int); INSERT INTO child VALUES (1, 1), (2, 2), (3, 3);
        """
      let target = """
        CREATE TABLE parent (id int PRIMARY KEY, source text); INSERT INTO parent VALUES (1, 'D');
        CREATE TABLE child (id int PRIMARY KEY, parent int CONSTRAINT of_parent REFERENCES parent, source text);
        INSERT INTO child VALUES (1, 1, 'D');
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.check(scenario.configuration("parent", "child"))
        #expect(report.tables.map(\.texts) == [["+ 2"], ["+ 2", "+ 3"]])
        #expect(report.tables[1].sourceOnly == 1)
        #expect(report.tables[1].rejectReasons == ["missing parent": 1])
        #expect(report.tables[1].lines.last?.about == "of_parent")
      }
    }

    @Test func `rows that refer to each other are compared as a sync would`() async throws {
      let source = """
        CREATE TABLE tree (id int, up int); INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 9), (4, 3);
        CREATE TABLE a (id int, b int); INSERT INTO a VALUES (1, 1), (2, 5);
        CREATE TABLE b (id int, a int); INSERT INTO b VALUES (1, 1), (2, 2);
        """
      let target = """
        CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree, source text);
        CREATE TABLE a (id int PRIMARY KEY, b int, source text);
        CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a DEFERRABLE, source text);
        ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b DEFERRABLE;
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let configuration = scenario.configuration("tree", "a", "b")
        let report = try await scenario.check(configuration)
        let found = Dictionary(uniqueKeysWithValues: report.tables.map { ($0.table, [$0.sourceOnly, $0.rejected]) })
        #expect(found == ["tree": [2, 2], "a": [1, 1], "b": [1, 1]])
        try await scenario.sync(configuration)
        let second = try await scenario.check(configuration)
        #expect(second.outcome == .rejects)
        #expect(second.tables.map(\.rejected).reduce(0, +) == 4)
      }
    }

    @Test func `a value that its type refuses is a reject, and its row is not missed`() async throws {
      let source = """
        CREATE DOMAIN positive AS int; CREATE DOMAIN mark AS text;
        CREATE TABLE t (id mark, v positive[]);
        INSERT INTO t VALUES ('1', '{1}'), ('2', '{1,-1}'), ('III', '{3}'), ('4', '{4}');
        """
      let target = """
        CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE DOMAIN mark AS text CHECK (VALUE ~ '^[0-9]$');
        CREATE TABLE t (id mark PRIMARY KEY, v positive[], source text);
        INSERT INTO t VALUES ('1', '{1}', 'D'), ('2', '{2}', 'D'), ('5', '{5}', 'D');
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let table = try await scenario.check("t")
        #expect(table.sourceOnly == 1)
        #expect(table.targetOnly == 1)
        #expect(table.rejectReasons == ["does not fit": 2])
        #expect(table.texts == ["+ 4", "- 5", "+ 2", "+ III"])
      }
    }

    @Test func `a row of ours without a key is not missed, though no digest sees it`() async throws {
      try await withScenario(
        source: "CREATE TABLE t (id int, v text); INSERT INTO t VALUES (1, 'a')",
        target: "CREATE TABLE t (id int UNIQUE, v text, source text)"
      ) { scenario async throws in
        var table = TableConfiguration(target: TableName(name: "t"))
        table.key = ["id"]
        let configuration = scenario.configuration([table])
        try await scenario.sync(configuration)
        #expect(try await scenario.check(configuration).outcome == .level)
        try await scenario.target.run("INSERT INTO t VALUES (NULL, 'b', 'D'), (NULL, 'c', 'M')")
        #expect(try await scenario.check(configuration).tables[0].texts == ["- NULL"])
      }
    }

    @Test func `views, conditions, constants and partitions are compared as configured`() async throws {
      let source = """
        CREATE TABLE base (id int, v text); INSERT INTO base SELECT g, 'v' || g FROM generate_series(1, 10) g;
        CREATE VIEW seen AS SELECT id, upper(v) AS v FROM base;
        """
      let target = """
        CREATE TABLE seen (id int PRIMARY KEY, v text, origin_of text, source text) PARTITION BY RANGE (id);
        CREATE TABLE seen_low PARTITION OF seen FOR VALUES FROM (0) TO (5);
        CREATE TABLE seen_high PARTITION OF seen FOR VALUES FROM (5) TO (100);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        var table = TableConfiguration(target: TableName(name: "seen"))
        table.filter = "src.id <> 10"
        table.columns = [ColumnMapping(column: "origin_of", value: .constant("office"))]
        let configuration = scenario.configuration([table])
        try await scenario.sync(configuration)
        #expect(try await scenario.check(configuration).outcome == .level)
        try await scenario.target.run(
          """
          UPDATE seen SET origin_of = 'x' WHERE id = 2; UPDATE seen SET v = 'y' WHERE id = 7;
          INSERT INTO seen VALUES (10, 'V10', 'office', 'D');
          """)
        let found = try await scenario.check(configuration, options: Check.Options(showsValues: true)).tables[0]
        #expect(found.texts == ["* 2 origin_of", "* 7 v", "- 10"])
        #expect(found.lines[0].source == [.init(column: "origin_of", value: "office")])
        #expect(found.lines[1].source == [.init(column: "v", value: "V7")])
        #expect(found.lines[1].target == [.init(column: "v", value: "y")])
      }
    }

    @Test func `what a trigger rewrote once and for all is told by itself`() async throws {
      let target =
        Scenario.appPeople + """
          CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN NEW.name := upper(NEW.name); RETURN NEW; END $$;
          CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON people FOR EACH ROW EXECUTE FUNCTION shout();
          """
      try await withScenario(source: Scenario.people, target: target) { scenario async throws in
        try await scenario.sync(scenario.configuration("people").staged)
        try await scenario.sync(scenario.configuration("people").staged)
        let report = try await scenario.check(scenario.configuration("people"))
        #expect(report.tables[0].rewritten + report.tables[0].differ == 3)
        #expect(report.tables[0].rewritten == 3)
        #expect(report.outcome == .level)
      }
    }

    @Test func `counts are whole where lines are left out`() async throws {
      try await withPeople { scenario async throws in
        let table = try await scenario.check("people", options: Check.Options(limit: 2))
        #expect(table.sourceOnly == 3)
        #expect(table.texts == ["+ 1", "+ 2"])
        #expect(table.linesLeftOut == 1)
      }
    }

    @Test func `a check finds what a sync then does, and nothing behind it`() async throws {
      try await withPracticeDatabases(dirt: .some) { source, target, _ async throws in
        let scenario = Scenario(source: source, target: target)
        let configuration = try scenario.practice()
        try await scenario.sync(configuration)
        _ = try await PracticeData.edit(source: source, rows: 50)
        try await target.run(
          "DELETE FROM workdiary WHERE source = 'D' AND ctid IN (SELECT ctid FROM workdiary LIMIT 9)")
        let found = try await scenario.check(configuration)
        let report = try await scenario.sync(configuration)
        for table in found.tables {
          let counts = try #require(report.table(table.table)?.counts)
          #expect(table.status != .failed, "\(table.error ?? "")")
          #expect(table.sourceOnly == counts.inserted, "\(table.table)")
          #expect(table.differ == counts.updated, "\(table.table)")
          #expect(table.rejected == counts.rejected, "\(table.table)")
          #expect(table.targetOnly == counts.targetOnly, "\(table.table)")
          #expect(table.level == counts.unchanged, "\(table.table)")
        }
        let after = try await scenario.check(configuration)
        #expect(after.tables.allSatisfy { $0.sourceOnly + $0.differ == 0 })
      }
    }
  }
}
