import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Foreign keys of every make.
  @Suite struct ReferenceTests {
    @Test func `a diamond lands from the top down`() async throws {
      let source = """
        CREATE TABLE top (id int); CREATE TABLE l (id int, top int); CREATE TABLE r (id int, top int);
        CREATE TABLE low (id int, l int, r int);
        INSERT INTO top VALUES (1), (2); INSERT INTO l VALUES (1, 1), (2, 9); INSERT INTO r VALUES (1, 2), (2, 2);
        INSERT INTO low VALUES (1, 1, 1), (2, 2, 2), (3, 1, 2);
        """
      let target = """
        CREATE TABLE top (id int PRIMARY KEY, source text);
        CREATE TABLE l (id int PRIMARY KEY, top int REFERENCES top, source text);
        CREATE TABLE r (id int PRIMARY KEY, top int REFERENCES top, source text);
        CREATE TABLE low (id int PRIMARY KEY, l int REFERENCES l, r int REFERENCES r, source text);
        """
      for options in [Sync.Options(), Sync.Options(isAtomic: true)] {
        try await withScenario(source: source, target: target) { scenario async throws in
          let report = try await scenario.sync(scenario.configuration("low", "r", "l", "top"), options: options)
          #expect(report.table("l")?.rejectReasons == ["missing parent": 1])
          #expect(report.table("low")?.rejectReasons == ["missing parent": 1])
          #expect(report.totals.inserted == 7)
        }
      }
    }

    @Test(arguments: [("", 3), ("MATCH FULL", 2)])
    func `a key of two columns counts when all of it is there, with MATCH FULL when any is`(
      match: String, inserted: Int
    ) async throws {
      let source =
        "CREATE TABLE t (id int, a int, b int); INSERT INTO t VALUES (1, 1, 1), (2, 1, NULL), (3, NULL, NULL), (4, 1, 2)"
      let target = """
        CREATE TABLE p (a int, b int, UNIQUE (a, b)); INSERT INTO p VALUES (1, 1);
        CREATE TABLE t (id int PRIMARY KEY, a int, b int, source text, FOREIGN KEY (a, b) REFERENCES p (a, b) \(match));
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.error == nil)
        #expect(report.totals.inserted == inserted)
        #expect(report.table("t")?.rejectReasons == ["missing parent": 4 - inserted])
      }
    }

    @Test func `columns that refer in another order are matched by name`() async throws {
      let source = "CREATE TABLE t (id int, x int, y int); INSERT INTO t VALUES (1, 20, 10), (2, 10, 20)"
      let target = """
        CREATE TABLE p (a int, b int, PRIMARY KEY (b, a)); INSERT INTO p VALUES (10, 20);
        CREATE TABLE t (id int PRIMARY KEY, x int, y int, source text, FOREIGN KEY (y, x) REFERENCES p (a, b));
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.rejectReasons == ["missing parent": 1])
        #expect(try await scenario.target.rows("SELECT id FROM t") == [["1"]])
      }
    }

    @Test func `a parent of a wider type is a parent`() async throws {
      let source = "CREATE TABLE t (id int, p int); INSERT INTO t VALUES (1, 7), (2, 8)"
      let target = """
        CREATE TABLE p (id bigint PRIMARY KEY); INSERT INTO p VALUES (7);
        CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES p, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        #expect(try await scenario.sync(scenario.configuration("t")).table("t")?.rejectReasons == ["missing parent": 1])
      }
    }

    @Test func `a parent that was protected is a parent all the same`() async throws {
      let source = """
        CREATE TABLE p (id int, v text); INSERT INTO p VALUES (1, 'desktop');
        CREATE TABLE t (id int, p int); INSERT INTO t VALUES (1, 1);
        """
      let target = """
        CREATE TABLE p (id int PRIMARY KEY, v text, source text); INSERT INTO p VALUES (1, 'app', 'M');
        CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES p, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t", "p"))
        #expect(report.table("p")?.counts.protected == 1)
        #expect(report.table("t")?.counts.inserted == 1)
      }
    }

    @Test func `an orphan that a foreign key not yet valid let in is told, and stays on the target`() async throws {
      let source = "CREATE TABLE t (id int, p int); INSERT INTO t VALUES (1, 9), (2, 9)"
      let target = """
        CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p int, source text);
        INSERT INTO t VALUES (1, 9, 'D'); ALTER TABLE t ADD FOREIGN KEY (p) REFERENCES p NOT VALID;
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.rejectReasons == ["missing parent": 2])
        #expect(try await scenario.target.rows("SELECT id FROM t") == [["1"]])
      }
    }

    @Test func `of rows that tie the same one wins every time`() async throws {
      let source = """
        CREATE TABLE t (id int, v text, changed date);
        INSERT INTO t SELECT 1, md5(g::text), '2024-01-01' FROM generate_series(1, 50) g;
        """
      try await withScenario(source: source, target: "CREATE TABLE t (id int PRIMARY KEY, v text, source text)") {
        scenario async throws in
        let table = TableConfiguration(
          target: TableName(name: "t"), skip: ["changed"], duplicates: .last(by: "src.changed"))
        try await scenario.sync(scenario.configuration([table]))
        try await scenario.source.run(
          "CREATE TABLE s AS SELECT * FROM t ORDER BY v DESC; TRUNCATE t; INSERT INTO t SELECT * FROM s")
        let report = try await scenario.sync(scenario.configuration([table]))
        #expect(report.totals.unchanged == 1)
        #expect(report.totals.written == 0)
      }
    }

    @Test func `a table that is nothing but its key is brought level`() async throws {
      let source = "CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 1), (1, 2)"
      let target = "CREATE TABLE t (a int, b int, PRIMARY KEY (a, b), source text); INSERT INTO t VALUES (1, 1, 'D')"
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.totals.inserted == 1)
        #expect(report.totals.unchanged == 1)
      }
    }

    @Test func `an empty source leaves the target alone`() async throws {
      let target = Scenario.appPeople + "INSERT INTO people VALUES (1, 'Ann', 'D')"
      try await withScenario(source: "CREATE TABLE people (id int, name text)", target: target) {
        scenario async throws in
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.outcome == .success)
        var counts = RowCounts()
        counts.targetOnly = 1
        #expect(report.totals == counts)
        #expect(try await scenario.target.value("SELECT count(*) FROM people") == "1")
      }
    }
  }
}
