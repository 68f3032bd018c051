import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// What becomes of rows that refer to a row which the target refused.
  @Suite struct RefusedParentTests {
    private static let refused = RejectReason.refusedByTarget.words
    private static let orphan = RejectReason.missingParent.words

    private let source = """
      CREATE TABLE p (id int, v int); INSERT INTO p SELECT g, g FROM generate_series(1, 10) g;
      CREATE TABLE c (id int, p int); INSERT INTO c SELECT g, 1 + g % 10 FROM generate_series(1, 20) g;
      CREATE TABLE g (id int, c int); INSERT INTO g SELECT g, g FROM generate_series(1, 20) g;
      """
    private let target = """
      CREATE TABLE p (id int PRIMARY KEY, v int CHECK (v <> 4), source text);
      CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p, source text);
      CREATE TABLE g (id int PRIMARY KEY, c int REFERENCES c, source text);
      """

    @Test(arguments: [false, true])
    func `children and grandchildren of a refused row lack their parent`(isAtomic: Bool) async throws {
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(
          scenario.configuration("p", "c", "g"), options: Sync.Options(isAtomic: isAtomic))
        #expect(report.outcome == .rejects)
        #expect(report.table("p")?.rejectReasons == [Self.refused: 1])
        #expect(report.table("c")?.rejectReasons == [Self.orphan: 2])
        #expect(report.table("g")?.rejectReasons == [Self.orphan: 2])
        #expect(report.totals.inserted == 9 + 18 + 18)
        let kept = "SELECT table_name, count(*) FROM pgtide.rejects GROUP BY 1 ORDER BY 1"
        #expect(try await scenario.target.rows(kept) == [["c", "2"], ["g", "2"], ["p", "1"]])
      }
    }

    @Test(arguments: [false, true])
    func `a reference that only the configuration knows counts as well`(isAtomic: Bool) async throws {
      let target = target.replacing("REFERENCES p", with: "")
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.configuration("p", "c")
        configuration.tables[1].references = [
          ReferenceConfiguration(columns: ["p"], parent: TableName(name: "p"), parentColumns: ["id"])
        ]
        let report = try await scenario.sync(configuration, options: Sync.Options(isAtomic: isAtomic))
        #expect(report.table("c")?.rejectReasons == [Self.orphan: 2])
        #expect(try await scenario.target.value("SELECT count(*) FROM c WHERE p = 4") == "0")
      }
    }

    @Test(arguments: ["", " DEFERRABLE INITIALLY DEFERRED"])
    func `rows that refer to each other go in together, though another row of their table is refused`(
      _ deferrable: String
    ) async throws {
      let source = "CREATE TABLE t AS SELECT * FROM (VALUES (1, 2), (2, 1), (3, 4), (4, NULL)) AS v (id, other)"
      let target = """
        CREATE TABLE t (id int PRIMARY KEY CHECK (id <> 4), other int REFERENCES t\(deferrable), source text)
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.totals.inserted == 2)
        #expect(
          report.table("t")?.rejectReasons == ["refused by the target": 1, "missing parent": 1])
        #expect(try await scenario.target.rows("SELECT id, other FROM t ORDER BY id") == [["1", "2"], ["2", "1"]])
      }
    }

    @Test func `refusals in several tables of one transaction are all found`() async throws {
      let target = target.replacing("p int REFERENCES p", with: "p int REFERENCES p CHECK (p <> 9)")
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(
          scenario.configuration("p", "c", "g"), options: Sync.Options(isAtomic: true))
        #expect(report.outcome == .rejects)
        #expect(report.table("c")?.rejectReasons == [Self.orphan: 2, Self.refused: 2])
        #expect(report.table("g")?.rejectReasons == [Self.orphan: 4])
      }
    }

    @Test func `all tables of one transaction together may have as many rejects as allowed`() async throws {
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.configuration("p", "c", "g")
        configuration.settings.maxRejects = 4
        let report = try await scenario.sync(configuration, options: Sync.Options(isAtomic: true))
        #expect(report.outcome == .failed)
        #expect(report.table("p")?.error?.contains("rejected rows of all tables: 5") == true)
        #expect(try await scenario.target.value("SELECT count(*) FROM p") == "0")
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.rejects") == "5")
      }
    }

    @Test func `in a table that refers to itself the descendants of a refused row lack their parent`() async throws {
      // A chain in which each row refers to the next: 50 is on top of it, and row 20 is refused.
      let source =
        "CREATE TABLE t (id int, boss int); INSERT INTO t SELECT g, nullif(g + 1, 51) FROM generate_series(1, 50) g"
      let target = "CREATE TABLE t (id int PRIMARY KEY CHECK (id <> 20), boss int REFERENCES t, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.rejectReasons == [Self.refused: 1, Self.orphan: 19])
        #expect(try await scenario.target.value("SELECT min(id) FROM t") == "21")
      }
    }

    @Test func `in a table that refers to itself by configuration only, too`() async throws {
      let source =
        "CREATE TABLE t (id int, boss int); INSERT INTO t SELECT g, nullif(g + 1, 51) FROM generate_series(1, 50) g"
      let target = "CREATE TABLE t (id int PRIMARY KEY CHECK (id <> 20), boss int, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.tables[0].references = [
          ReferenceConfiguration(columns: ["boss"], parent: TableName(name: "t"), parentColumns: ["id"])
        ]
        let report = try await scenario.sync(configuration)
        #expect(report.table("t")?.rejectReasons == [Self.refused: 1, Self.orphan: 19])
      }
    }

    @Test(arguments: ["DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"], [false, true])
    func `in a cycle of tables a refused row takes along what refers to it`(
      deferrable: String, isAtomic: Bool
    ) async throws {
      let source = """
        CREATE TABLE a (id int, b int); CREATE TABLE b (id int, a int);
        INSERT INTO a SELECT g, g FROM generate_series(1, 9) g;
        INSERT INTO b SELECT g, 1 + g % 9 FROM generate_series(1, 8) g; INSERT INTO b VALUES (9, 9);
        """
      // a 5 is refused; so b 4, which refers to it, lacks its parent; so a 4, b 3, a 3, …, a 1.
      let target = """
        CREATE TABLE a (id int PRIMARY KEY CHECK (id <> 5), b int, source text);
        CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a \(deferrable), source text);
        ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b \(deferrable);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(
          scenario.configuration("a", "b"), options: Sync.Options(isAtomic: isAtomic))
        #expect(report.table("a")?.error == nil)
        #expect(report.table("a")?.rejectReasons == [Self.refused: 1, Self.orphan: 4])
        #expect(report.table("b")?.rejectReasons == [Self.orphan: 4])
        #expect(try await scenario.target.value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM a") == "6 7 8 9")
      }
    }

    @Test func `a foreign key that the plan was told to ignore rejects its orphans all the same`() async throws {
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.configuration("c")
        configuration.tables[0].ignoredReferences = ["c_p_fkey"]
        try await scenario.target.run("INSERT INTO p SELECT g, 1, 'M' FROM generate_series(1, 8) g")
        let report = try await scenario.sync(configuration)
        #expect(report.table("c")?.error == nil)
        #expect(report.table("c")?.rejectReasons == [Self.orphan: 4])
        #expect(report.totals.inserted == 16)
      }
    }
  }
}
