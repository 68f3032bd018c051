import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// What version 18 brought.
  @Suite struct Version18Tests {
    /// Both ways that rows go in.
    static let ways: [DirectLoadRule] = [.never, .auto]

    private func configuration(
      _ scenario: Scenario, _ tables: String..., way: DirectLoadRule = .never, key: [ObjectName] = []
    ) -> SyncConfiguration {
      var configuration = scenario.configuration(
        tables.map { TableConfiguration(target: TableName(name: $0), key: key) })
      configuration.settings.directLoad = way
      return configuration
    }

    // MARK: - Virtual generated columns

    @Test(.needs(.sourceVersion(18)), arguments: RowFormat.allCases)
    func `a virtual column of the source is read like any other`(format: RowFormat) async throws {
      let source =
        "CREATE TABLE t (id int, a int, v int GENERATED ALWAYS AS (a * 2)); INSERT INTO t VALUES (1, 2), (2, 3)"
      let target = "CREATE TABLE t (id int PRIMARY KEY, a int, v int, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = configuration(scenario, "t")
        configuration.settings.copyFormat = format
        let first = try await scenario.sync(configuration)
        #expect(first.totals.inserted == 2)
        #expect(try await scenario.target.rows("SELECT id, v FROM t ORDER BY id") == [["1", "4"], ["2", "6"]])
        try await scenario.source.run("UPDATE t SET a = 5 WHERE id = 2")
        configuration.settings.digest = .auto
        let second = try await scenario.sync(configuration)
        #expect(second.totals.updated == 1)
        #expect(try await scenario.target.value("SELECT v FROM t WHERE id = 2") == "10")
      }
    }

    @Test(.needs(.targetVersion(18)), arguments: ways)
    func `a virtual column of the target is left to it`(way: DirectLoadRule) async throws {
      let source = "CREATE TABLE t (id int, a int, v int); INSERT INTO t VALUES (1, 2, 0), (2, 3, 0)"
      let target = "CREATE TABLE t (id int PRIMARY KEY, a int, v int GENERATED ALWAYS AS (a * 2) VIRTUAL, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let configuration = configuration(scenario, "t", way: way)
        let first = try await scenario.sync(configuration)
        #expect(first.totals.inserted == 2)
        #expect(try await scenario.target.rows("SELECT id, v FROM t ORDER BY id") == [["1", "4"], ["2", "6"]])
        #expect(try await scenario.sync(configuration).totals.written == 0)
        var mapped = configuration
        mapped.tables[0].columns = [ColumnMapping(column: "v", value: .renamed("v"))]
        let refusal = await #expect(throws: PlanRefusal.self) { try await scenario.sync(mapped) }
        #expect(refusal?.problems.first?.problem.contains("column v is computed by the target") == true)
      }
    }

    // MARK: - NOT ENFORCED

    @Test(.needs(.targetVersion(18)), arguments: ways)
    func `what the target does not enforce keeps no row out`(way: DirectLoadRule) async throws {
      let source = """
        CREATE TABLE p (id int); INSERT INTO p VALUES (1);
        CREATE TABLE c (id int, p int, v int); INSERT INTO c VALUES (1, 1, 1), (2, 9, 1), (3, 1, -1);
        CREATE TABLE g (id int, c int); INSERT INTO g VALUES (1, 2), (2, 7);
        """
      let target = """
        CREATE TABLE p (id int PRIMARY KEY, source text);
        CREATE TABLE c (id int PRIMARY KEY, p int CONSTRAINT c_p REFERENCES p NOT ENFORCED,
          v int CHECK (v > 0) NOT ENFORCED, source text);
        CREATE TABLE g (id int PRIMARY KEY, c int REFERENCES c, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let configuration = configuration(scenario, "g", "c", "p", way: way)
        let report = try await scenario.sync(configuration)
        #expect(report.table("c")?.counts.inserted == 3)
        #expect(report.table("c")?.notices.contains { $0.contains("foreign key c_p is NOT ENFORCED") } == true)
        // One that is enforced is so beside it, by rows that went in for want of the other's.
        #expect(report.table("g")?.counts.inserted == 1)
        #expect(report.table("g")?.rejectReasons == [RejectReason.missingParent.words: 1])
        let second = try await scenario.sync(configuration)
        #expect(second.totals.written == 0)
        #expect(second.table("c")?.counts.unchanged == 3)
      }
    }

    @Test(.needs(.targetVersion(18)))
    func `a rule under references looks for what a NOT ENFORCED foreign key does not`() async throws {
      let source = "CREATE TABLE c (id int, p int); INSERT INTO c VALUES (1, 1), (2, 9)"
      let target = """
        CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1);
        CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p NOT ENFORCED, source text);
        INSERT INTO c VALUES (2, 9, 'D');
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = configuration(scenario, "c")
        configuration.tables[0].references = [ReferenceConfiguration(columns: ["p"], parent: TableName(name: "p"))]
        let report = try await scenario.sync(configuration)
        #expect(report.table("c")?.rejectReasons == [RejectReason.missingParent.words: 1])
        #expect(report.totals.inserted == 1)
      }
    }

    // MARK: - WITHOUT OVERLAPS, PERIOD

    private static let bookings = """
      CREATE TABLE t (room int4range, during daterange, v text);
      INSERT INTO t VALUES ('[1,2)', '[2026-01-01,2026-02-01)', 'a'), ('[1,2)', '[2026-02-01,2026-03-01)', 'b');
      """
    private static let appBookings = """
      CREATE TABLE t (room int4range, during daterange, v text, source text,
        CONSTRAINT booked PRIMARY KEY (room, during WITHOUT OVERLAPS));
      """

    @Test(.needs(.targetVersion(18)), arguments: [[], ["room", "during"]])
    func `a key WITHOUT OVERLAPS is refused by name`(key: [ObjectName]) async throws {
      try await withScenario(source: Self.bookings, target: Self.appBookings) { scenario async throws in
        let refusal = await #expect(throws: PlanRefusal.self) {
          try await scenario.sync(configuration(scenario, "t", key: key))
        }
        #expect(refusal?.problems.count == 1)
        #expect(refusal?.problems.first?.problem.contains("unique index booked is WITHOUT OVERLAPS") == true)
      }
    }

    @Test(.needs(.targetVersion(18)), arguments: ways)
    func `beside another key, WITHOUT OVERLAPS rejects the row that overlaps`(way: DirectLoadRule) async throws {
      let target = Self.appBookings + "CREATE UNIQUE INDEX same ON t (room, during)"
      try await withScenario(source: Self.bookings, target: target) { scenario async throws in
        try await scenario.source.run("INSERT INTO t VALUES ('[1,2)', '[2026-02-20,2026-04-01)', 'overlaps')")
        try await scenario.target.run("INSERT INTO t VALUES ('[1,2)', '[2026-02-01,2026-03-01)', 'old', 'D')")
        let configuration = configuration(scenario, "t", way: way, key: ["room", "during"])
        let report = try await scenario.sync(configuration)
        #expect(report.table("t")?.error == nil)
        #expect(report.totals.inserted == 1)
        #expect(report.totals.updated == 1)
        #expect(report.table("t")?.rejectReasons == [RejectReason.refusedByTarget.words: 1])
        #expect(try await scenario.target.value("SELECT message FROM pgtide.rejects").contains("23P01"))
      }
    }

    @Test(.needs(.targetVersion(18)), arguments: ways)
    func `a foreign key over a PERIOD is the server's to check`(way: DirectLoadRule) async throws {
      let source = """
        CREATE TABLE c (id int, room int4range, during daterange);
        INSERT INTO c VALUES (1, '[1,2)', '[2026-01-10,2026-02-10)'), (2, '[1,2)', '[2026-02-20,2026-04-01)'),
          (3, NULL, '[2026-01-01,2026-01-02)');
        """
      let target =
        Self.appBookings
          + """
          INSERT INTO t VALUES ('[1,2)', '[2026-01-01,2026-02-01)'), ('[1,2)', '[2026-02-01,2026-03-01)');
          CREATE TABLE c (id int PRIMARY KEY, room int4range, during daterange, source text,
            FOREIGN KEY (room, PERIOD during) REFERENCES t (room, PERIOD during));
          """
      try await withScenario(source: source, target: target) { scenario async throws in
        let configuration = configuration(scenario, "c", way: way)
        let report = try await scenario.sync(configuration)
        #expect(report.table("c")?.error == nil)
        // The first lies within two parents together, and equals neither.
        #expect(report.totals.inserted == 2)
        #expect(report.table("c")?.rejectReasons == [RejectReason.missingParent.words: 1])
        let second = try await scenario.sync(configuration)
        #expect(second.totals.unchanged == 2)
        #expect(second.totals.written == 0)
      }
    }

    // MARK: - NOT NULL NOT VALID

    @Test(.needs(.targetVersion(18)))
    func `NOT NULL NOT VALID keeps NULL out, and says nothing of rows that stand there`() async throws {
      let source = """
        CREATE TABLE p (id int); INSERT INTO p VALUES (1);
        CREATE TABLE t (id int, p int, v text);
        INSERT INTO t VALUES (1, 1, 'new'), (2, 1, NULL), (3, 9, 'orphan'), (4, 1, 'd');
        """
      let target = """
        CREATE TABLE p (id int PRIMARY KEY, source text);
        CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES p, v text, source text);
        INSERT INTO t VALUES (1, NULL, NULL, 'D');
        ALTER TABLE t ADD CONSTRAINT v_there NOT NULL v NOT VALID;
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(configuration(scenario, "t", "p"))
        #expect(report.table("t")?.counts.inserted == 1)
        #expect(report.table("t")?.counts.updated == 1)
        #expect(
          report.table("t")?.rejectReasons
            == [RejectReason.nullValue.words: 1, RejectReason.missingParent.words: 1])
      }
    }

    @Test(.needs(.targetVersion(18)))
    func `a key that is NOT NULL NOT VALID may be missing in rows that stand there`() async throws {
      let source = """
        CREATE TABLE t (code int, v text); INSERT INTO t SELECT g, 'x' FROM generate_series(1, 2000) g; ANALYZE t
        """
      let target = """
        CREATE TABLE t (id serial PRIMARY KEY, code int UNIQUE, v text, source text);
        INSERT INTO t (v) SELECT 'no code' FROM generate_series(1, 100);
        ALTER TABLE t ADD CONSTRAINT code_there NOT NULL code NOT VALID;
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = configuration(scenario, "t", key: ["code"])
        configuration.settings.digest = .auto
        #expect(try await scenario.sync(configuration).totals.inserted == 2000)
        let second = try await scenario.sync(configuration)
        #expect(second.totals.matched == 2000)
        #expect(second.totals.written == 0)
        #expect(try await scenario.target.value("SELECT count(*) FROM t WHERE code IS NULL") == "100")
      }
    }
  }
}
