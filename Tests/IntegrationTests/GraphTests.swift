import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Tables that refer to each other, or to themselves.
  @Suite struct GraphTests {
    @Test func `rows that refer to each other in one table go in together, whatever their order`() async throws {
      let source = "CREATE TABLE t (id int, boss int); INSERT INTO t VALUES (1, 2), (2, 3), (3, NULL), (4, 4)"
      let target = "CREATE TABLE t (id int PRIMARY KEY, boss int REFERENCES t, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.totals.inserted == 4)
        #expect(report.totals.rejected == 0)
      }
    }

    @Test func `an orphan in a table that refers to itself takes its descendants along`() async throws {
      let source = "CREATE TABLE t (id int, boss int); INSERT INTO t VALUES (1, 2), (2, 3), (3, 99), (4, NULL), (5, 4)"
      let target = "CREATE TABLE t (id int PRIMARY KEY, boss int REFERENCES t, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.rejectReasons == ["missing parent": 3])
        #expect(try await scenario.target.rows("SELECT id FROM t ORDER BY id") == [["4"], ["5"]])
      }
    }

    @Test func `a row may be updated to refer to one that arrives with it`() async throws {
      let source = "CREATE TABLE t (id int, boss int); INSERT INTO t VALUES (1, NULL)"
      let target = "CREATE TABLE t (id int PRIMARY KEY, boss int REFERENCES t, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        try await scenario.source.run("UPDATE t SET boss = 2; INSERT INTO t VALUES (2, NULL)")
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.totals.updated == 1)
        #expect(report.totals.inserted == 1)
      }
    }

    private static let cycleSource = """
      CREATE TABLE a (id int, b int); CREATE TABLE b (id int, a int);
      INSERT INTO a VALUES (1, 1), (2, 2), (3, 9); INSERT INTO b VALUES (1, 2), (2, 1), (3, 3);
      """

    private static func cycleTarget(_ deferrable: String) -> String {
      """
      CREATE TABLE a (id int PRIMARY KEY, b int, source text);
      CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a \(deferrable), source text);
      ALTER TABLE a ADD CONSTRAINT to_b FOREIGN KEY (b) REFERENCES b \(deferrable);
      """
    }

    @Test func `tables in a cycle merge together when their foreign keys can wait`() async throws {
      try await withScenario(source: Self.cycleSource, target: Self.cycleTarget("DEFERRABLE")) {
        scenario async throws in
        let report = try await scenario.sync(scenario.configuration("a", "b"))
        // a 3 has no parent, and b 3 refers to it.
        #expect(report.table("a")?.counts.inserted == 2)
        #expect(report.table("b")?.counts.inserted == 2)
        #expect(report.table("a")?.rejectReasons == ["missing parent": 1])
        #expect(report.table("b")?.rejectReasons == ["missing parent": 1])
      }
    }

    @Test func `tables in a cycle are refused when their foreign keys cannot wait, with what to do`() async throws {
      try await withScenario(source: Self.cycleSource, target: Self.cycleTarget("")) { scenario async throws in
        let refusal = await #expect(throws: PlanRefusal.self) {
          try await scenario.sync(scenario.configuration("a", "b"), options: Sync.Options(isDryRun: true))
        }
        #expect(refusal?.problems.count == 2)
        #expect(refusal?.description.contains(#"ALTER TABLE "public"."a" ALTER CONSTRAINT "to_b" DEFERRABLE"#) == true)
        #expect(try await scenario.target.value("SELECT to_regnamespace('pgtide') IS NULL") == "t")
      }
    }

    @Test func `a foreign key may refer to unique columns beside the primary key, and several at once`() async throws {
      let source = """
        CREATE TABLE p (id int, x int, y int); INSERT INTO p VALUES (1, 10, 20);
        CREATE TABLE c (id int, x int, y int); INSERT INTO c VALUES (1, 10, 20), (2, 10, 21), (3, 10, NULL), (4, NULL, NULL);
        """
      func target(_ match: String) -> String {
        """
        CREATE TABLE p (id int PRIMARY KEY, x int, y int, source text, UNIQUE (y, x));
        CREATE TABLE c (id int PRIMARY KEY, x int, y int, source text, FOREIGN KEY (x, y) REFERENCES p (x, y) \(match));
        """
      }
      for (match, expected) in [("MATCH SIMPLE", [["1"], ["3"], ["4"]]), ("MATCH FULL", [["1"], ["4"]])] {
        try await withScenario(source: source, target: target(match)) { scenario async throws in
          try await scenario.sync(scenario.configuration("c", "p"))
          #expect(try await scenario.target.rows("SELECT id FROM c ORDER BY id") == expected, "\(match)")
        }
      }
    }

    @Test func `an orphan that stands on the target under a foreign key that is not valid is a reject again`()
      async throws
    {
      let source = "CREATE TABLE c (id int, p int); INSERT INTO c VALUES (1, 5), (2, 6)"
      let target = """
        CREATE TABLE p (id int PRIMARY KEY, source text); INSERT INTO p VALUES (6, 'M');
        CREATE TABLE c (id int PRIMARY KEY, p int, source text); INSERT INTO c VALUES (1, 5, 'D'), (2, 6, 'D');
        ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES p NOT VALID;
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("c"))
        #expect(report.table("c")?.rejectReasons == ["missing parent": 1])
        #expect(report.totals.unchanged == 1)
      }
    }

    @Test func `a parent that only the app has is a parent`() async throws {
      let source = "CREATE TABLE c (id int, p int); INSERT INTO c VALUES (1, 5)"
      let target = """
        CREATE TABLE p (id int PRIMARY KEY, source text); INSERT INTO p VALUES (5, 'M');
        CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        #expect(try await scenario.sync(scenario.configuration("c")).totals.inserted == 1)
      }
    }

    @Test func `a parent that the app deletes while the child merges makes the child a reject, not a failure`()
      async throws
    {
      let source = "CREATE TABLE c (id int, p int); INSERT INTO c VALUES (1, 5), (2, 6)"
      let target = """
        CREATE TABLE p (id int PRIMARY KEY, source text); INSERT INTO p VALUES (5, 'M'), (6, 'M');
        CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          // Deleted, and not yet committed: the comparison still sees it, the foreign key waits for it.
          try await app.batch(["BEGIN", "DELETE FROM p WHERE id = 5"])
          async let report = scenario.sync(scenario.configuration("c"))
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await app.query("COMMIT")
          return try await report
        }
        #expect(report.outcome == .rejects)
        #expect(report.table("c")?.rejectReasons == ["missing parent": 1])
        #expect(try await scenario.target.rows("SELECT id FROM c") == [["2"]])
      }
    }
  }
}
