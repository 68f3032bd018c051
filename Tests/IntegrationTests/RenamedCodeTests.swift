import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// A unique code to which other rows refer is renamed on the source, and the target's foreign key refuses that.
  @Suite struct RenamedCodeTests {
    private static let source = """
      CREATE TABLE unit (id int PRIMARY KEY, code text UNIQUE);
      CREATE TABLE member (id int PRIMARY KEY, unit_code text REFERENCES unit (code) ON UPDATE CASCADE);
      INSERT INTO unit VALUES (1, 'A'), (2, 'B'), (3, 'C');
      INSERT INTO member VALUES (1, 'A'), (2, 'A'), (3, 'B'), (4, NULL);
      """

    private static func target(_ column: String = "text REFERENCES unit (code)") -> String {
      """
      CREATE TABLE unit (id int PRIMARY KEY, code text NOT NULL UNIQUE, source text);
      CREATE TABLE member (id int PRIMARY KEY, unit_code \(column), source text);
      """
    }

    private func rows(_ database: TestDatabase) async throws -> [[String]] {
      try await database.rows("SELECT id, code FROM unit ORDER BY id")
        + database.rows("SELECT id, unit_code FROM member ORDER BY id")
    }

    enum Way: CaseIterable { case each, atomic }

    @Test(
      arguments: [
        "text REFERENCES unit (code)", "text NOT NULL DEFAULT 'B' REFERENCES unit (code)",
        "text REFERENCES unit (code) DEFERRABLE", "text REFERENCES unit (code) ON UPDATE RESTRICT",
        "text REFERENCES unit (code) DEFERRABLE INITIALLY DEFERRED", "text REFERENCES unit (code) ON UPDATE CASCADE",
      ], Way.allCases)
    func `the rows that refer to it are taken along`(column: String, way: Way) async throws {
      let clean = column.contains("NOT NULL") ? "; DELETE FROM member WHERE unit_code IS NULL" : ""
      try await withScenario(source: Self.source + clean, target: Self.target(column)) { scenario async throws in
        let configuration = scenario.configuration("unit", "member")
        let options = Sync.Options(isAtomic: way == .atomic)
        try await scenario.sync(configuration, options: options)
        // A takes a new name, B that of A, C that of B.
        try await scenario.source.run(
          "UPDATE unit SET code = 'AX' WHERE id = 1; UPDATE unit SET code = 'A' WHERE id = 2; UPDATE unit SET code = 'B' WHERE id = 3"
        )
        let report = try await scenario.sync(configuration, options: options)
        #expect(report.outcome == .success, "\(report.tables.map(\.rejectReasons))")
        #expect(report.table("unit")?.counts.updated == 3)
        #expect(try await rows(scenario.target) == rows(scenario.source))
        #expect(try await scenario.sync(configuration, options: options).totals.written == 0)
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.rejects") == "0")
      }
    }

    @Test func `a row of the app that refers to it keeps it as it is`() async throws {
      try await withScenario(source: Self.source, target: Self.target()) { scenario async throws in
        let configuration = scenario.configuration("unit", "member")
        try await scenario.sync(configuration)
        try await scenario.target.run("INSERT INTO member VALUES (9, 'A', 'M')")
        let before = try await rows(scenario.target)
        try await scenario.source.run("UPDATE unit SET code = 'AX' WHERE id = 1")
        let report = try await scenario.sync(configuration)
        #expect(report.table("unit")?.rejectReasons == [RejectReason.refusedByTarget.words: 1])
        #expect(try await rows(scenario.target) == before)
      }
    }

    @Test func `a table that is not of the run keeps it as it is`() async throws {
      try await withScenario(source: Self.source, target: Self.target()) { scenario async throws in
        try await scenario.sync(scenario.configuration("unit", "member"))
        try await scenario.source.run("UPDATE unit SET code = 'AX' WHERE id = 1")
        let report = try await scenario.sync(scenario.configuration("unit"))
        #expect(report.table("unit")?.rejectReasons == [RejectReason.refusedByTarget.words: 1])
        #expect(try await scenario.target.value("SELECT code FROM unit WHERE id = 1") == "A")
      }
    }

    @Test func `there need be no other row that can be referred to meanwhile`() async throws {
      let source = """
        CREATE TABLE unit (id int PRIMARY KEY, code text UNIQUE);
        CREATE TABLE member (id int PRIMARY KEY, unit_code text REFERENCES unit (code) ON UPDATE CASCADE);
        INSERT INTO unit VALUES (1, 'A'); INSERT INTO member VALUES (1, 'A');
        """
      let target = Self.target("text NOT NULL REFERENCES unit (code)")
      try await withScenario(source: source, target: target) { scenario async throws in
        let configuration = scenario.configuration("unit", "member")
        try await scenario.sync(configuration)
        try await scenario.source.run("UPDATE unit SET code = 'AX'")
        #expect(try await scenario.sync(configuration).outcome == .success)
        #expect(try await rows(scenario.target) == [["1", "AX"], ["1", "AX"]])
      }
    }

    /// Children refer to the code in two columns, and grandchildren to a child's.
    @Test(arguments: ["ON UPDATE RESTRICT ON DELETE RESTRICT", "ON DELETE CASCADE"])
    func `codes are exchanged with all that refer to them in turn`(action: String) async throws {
      func tables(_ action: String, _ more: String) -> String {
        """
        CREATE TABLE unit (id int PRIMARY KEY, code text NOT NULL UNIQUE\(more));
        CREATE TABLE member (id int PRIMARY KEY, unit_code text NOT NULL UNIQUE REFERENCES unit (code) \(action)\(more));
        CREATE TABLE pass (id int PRIMARY KEY, code text NOT NULL REFERENCES member (unit_code) \(action)\(more));
        CREATE TABLE move (id int PRIMARY KEY, old text NOT NULL REFERENCES unit (code) \(action),
          new text NOT NULL REFERENCES unit (code) \(action)\(more));
        """
      }
      let rows = """
        INSERT INTO unit VALUES (1, 'A'), (2, 'B'), (3, 'C'); INSERT INTO member SELECT id, code FROM unit;
        INSERT INTO pass SELECT id, code FROM unit; INSERT INTO move VALUES (1, 'A', 'B'), (2, 'C', 'A'), (3, 'C', 'C');
        """
      try await withScenario(
        source: tables("ON UPDATE CASCADE", "") + rows, target: tables(action, ", source text")
      ) { scenario async throws in
        let configuration = scenario.configuration("unit", "member", "pass", "move")
        try await scenario.sync(configuration)
        try await scenario.source.run(
          """
          UPDATE unit SET code = 'T' WHERE id = 1; UPDATE unit SET code = 'A' WHERE id = 2;
          UPDATE unit SET code = 'B' WHERE id = 1; UPDATE unit SET code = 'CX' WHERE id = 3;
          """)
        let report = try await scenario.sync(configuration)
        #expect(report.outcome == .success, "\(report.tables.map(\.rejectReasons))")
        let all = """
          SELECT u.id, u.code, m.unit_code, p.code, v.old, v.new
          FROM unit u JOIN member m USING (id) JOIN pass p USING (id) JOIN move v USING (id) ORDER BY u.id
          """
        #expect(try await scenario.target.rows(all) == scenario.source.rows(all))
        #expect(try await scenario.sync(configuration).totals.written == 0)
      }
    }

    @Test(arguments: ["", " NOT NULL"])
    func `a code of two columns is renamed with the rows that refer to it`(null: String) async throws {
      let source = """
        CREATE TABLE unit (id int PRIMARY KEY, a int, b int, UNIQUE (a, b));
        CREATE TABLE member (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES unit (a, b) ON UPDATE CASCADE);
        INSERT INTO unit SELECT g, g, g FROM generate_series(1, 5) g; INSERT INTO member SELECT g, g, g FROM generate_series(1, 5) g;
        """
      let target = """
        CREATE TABLE unit (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL, source text, UNIQUE (a, b));
        CREATE TABLE member (id int PRIMARY KEY, a int\(null), b int\(null), source text,
          FOREIGN KEY (a, b) REFERENCES unit (a, b));
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let configuration = scenario.configuration("unit", "member")
        try await scenario.sync(configuration)
        try await scenario.source.run("UPDATE unit SET b = b + 10 WHERE id > 2")
        #expect(try await scenario.sync(configuration).outcome == .success)
        let members = "SELECT id, a, b FROM member ORDER BY id"
        #expect(try await scenario.target.rows(members) == scenario.source.rows(members))
      }
    }

    @Test func `rows that the source no longer has follow a swap of codes that may be NULL`() async throws {
      let target = """
        CREATE TABLE unit (id int PRIMARY KEY, code text UNIQUE, source text);
        CREATE TABLE member (id int PRIMARY KEY, unit_code text REFERENCES unit (code), source text);
        """
      try await withScenario(source: Self.source, target: target) { scenario async throws in
        let configuration = scenario.configuration("unit", "member")
        try await scenario.sync(configuration)
        try await scenario.source.run(
          """
          DELETE FROM member WHERE id IN (2, 3); UPDATE unit SET code = 'X' WHERE id = 1;
          UPDATE unit SET code = 'A' WHERE id = 2; UPDATE unit SET code = 'B' WHERE id = 1;
          """)
        #expect(try await scenario.sync(configuration).outcome == .success)
        let members = "SELECT id, unit_code FROM member ORDER BY id"
        #expect(try await scenario.target.rows(members) == [["1", "B"], ["2", "B"], ["3", "A"], ["4", "NULL"]])
      }
    }

    @Test func `rows that are paired by a code are not compared before it is renamed in the same transaction`()
      async throws
    {
      let target = """
        CREATE TABLE unit (id int PRIMARY KEY, code text NOT NULL UNIQUE, source text);
        CREATE TABLE member (nr bigserial PRIMARY KEY, id int, unit_code text REFERENCES unit (code), source text);
        """
      try await withScenario(source: Self.source, target: target) { scenario async throws in
        let members = TableConfiguration(target: TableName(name: "member"), pairing: .generated(match: []))
        let configuration = scenario.configuration([TableConfiguration(target: TableName(name: "unit")), members])
        let refusal = await #expect(throws: PlanRefusal.self) {
          try await scenario.sync(configuration, options: Sync.Options(isAtomic: true))
        }
        #expect(refusal?.problems.first?.problem.hasPrefix("with --atomic, rows cannot be paired by unit_code") == true)
        try await scenario.sync(configuration)
        try await scenario.source.run("UPDATE unit SET code = 'AX' WHERE id = 1")
        let report = try await scenario.sync(configuration)
        #expect(report.table("member")?.counts.inserted == 0 && report.table("unit")?.counts.updated == 1)
      }
    }
  }
}
