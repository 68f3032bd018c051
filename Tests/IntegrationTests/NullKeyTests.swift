import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// NULL in a part of the key as a value like others.
  @Suite struct NullKeyTests {
    private static let source = """
      CREATE TABLE t (a int, b text, v text);
      INSERT INTO t VALUES (1, NULL, 'one'), (1, 'x', 'two'), (NULL, 'x', 'three'), (NULL, NULL, 'four'), (2, NULL, 'five');
      """
    private static let target =
      "CREATE TABLE t (a int, b varchar(5), v text, source text, UNIQUE NULLS NOT DISTINCT (a, b))"

    private static func table(_ change: (inout TableConfiguration) -> Void = { _ in }) -> TableConfiguration {
      var table = TableConfiguration(target: TableName(name: "t"), key: ["a", "b"], nullKey: .equal)
      change(&table)
      return table
    }

    private static let all = "SELECT v FROM t ORDER BY v"

    @Test(.needs(.targetVersion(15)), arguments: [RunSettings(), .staged])
    func `rows are found by a key with NULLs, written once, and updated`(settings: RunSettings) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let configuration = scenario.configuration([Self.table()], settings: settings)
        #expect(try await scenario.sync(configuration).totals.inserted == 5)
        let level = try await scenario.sync(configuration)
        #expect(level.totals.unchanged == 5)
        #expect(level.totals.matched == (settings.digest == .auto ? 5 : 0))
        try await scenario.source.run(
          """
          UPDATE t SET v = 'new ' || v WHERE b IS NULL; DELETE FROM t WHERE a = 2;
          INSERT INTO t VALUES (3, NULL, 'six')
          """)
        let report = try await scenario.sync(configuration)
        #expect(report.totals.updated == 2)
        #expect(report.totals.inserted == 1)
        #expect(report.totals.targetOnly == 1)
        #expect(
          try await scenario.target.rows(Self.all)
            == [["five"], ["new four"], ["new one"], ["six"], ["three"], ["two"]])
      }
    }

    @Test(.needs(.targetVersion(15)))
    func `rows that share a key with NULLs are duplicates, and one that does not fit shares none`() async throws {
      let source =
        Self.source + """
          ; INSERT INTO t VALUES (1, NULL, 'again'), (NULL, NULL, 'again'), (2, 'much too long', 'long')
          """
      try await withScenario(source: source, target: Self.target) { scenario async throws in
        for settings in [RunSettings(), .staged] {
          let configuration = scenario.configuration([Self.table()], settings: settings)
          let profile = try await Sync(configuration).measuredPlan().tables[0].profile
          let report = try await scenario.sync(configuration)
          let reasons = [RejectReason.duplicateKey.words: 4, RejectReason.doesNotFit.words: 1]
          #expect(report.table("t")?.rejectReasons == reasons)
          #expect(Dictionary(profile?.rejected.map { ($0.reason, $0.rows) } ?? [], uniquingKeysWith: +) == reasons)
        }
        let last = scenario.configuration([Self.table { $0.duplicates = .last(by: "src.v") }])
        #expect(try await scenario.sync(last).table("t")?.rejectReasons == ["duplicate key": 2, "does not fit": 1])
        #expect(
          try await scenario.target.rows(Self.all) == [["five"], ["four"], ["one"], ["three"], ["two"]])
      }
    }

    @Test(.needs(.targetVersion(15)))
    func `a row of the app with such a key is protected, and a trigger sees each row once`() async throws {
      let target =
        Self.target + """
          ; INSERT INTO t VALUES (1, NULL, 'app', 'M');
          CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.v := upper(NEW.v); RETURN NEW; END $$;
          CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION shout();
          """
      try await withScenario(source: Self.source, target: target) { scenario async throws in
        let configuration = scenario.configuration([Self.table()])
        let report = try await scenario.sync(configuration)
        #expect(report.totals.protected == 1)
        #expect(report.totals.inserted == 4)
        let again = try await scenario.sync(configuration)
        #expect(again.totals.written == 0)
        #expect(again.totals.rewritten == 4)
        #expect(
          try await scenario.target.rows(Self.all) == [["FIVE"], ["FOUR"], ["THREE"], ["TWO"], ["app"]])
      }
    }

    @Test(.needs(.targetVersion(15))) func `a column that must not be NULL makes a reject as before`() async throws {
      let target =
        "CREATE TABLE t (a int NOT NULL, b varchar(5), v text, source text, UNIQUE NULLS NOT DISTINCT (a, b))"
      try await withScenario(source: Self.source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration([Self.table()]))
        #expect(report.table("t")?.rejectReasons == [RejectReason.nullKey.words: 2])
        #expect(report.totals.inserted == 3)
      }
    }

    @Test func `an index that takes NULLs for different is refused, with one that does not`() async throws {
      let target = "CREATE TABLE t (a int, b varchar(5), v text, source text, UNIQUE (a, b))"
      try await withScenario(source: Self.source, target: target) { scenario async throws in
        let refusal = await #expect(throws: PlanRefusal.self) {
          try await scenario.sync(scenario.configuration([Self.table()]))
        }
        let text = refusal?.description ?? ""
        #expect(text.contains("the unique index t_a_b_key does not"), "\(text)")
        #expect(text.contains("NULLS NOT DISTINCT"), "\(text)")
      }
    }

    @Test(.needs(.targetVersion(15))) func `a key without NULLs is told to need no rule`() async throws {
      let target = "CREATE TABLE t (a int, b varchar(5), v text, source text, PRIMARY KEY (a, b))"
      try await withScenario(source: Self.source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration([Self.table { $0.key = [] }]))
        #expect(report.table("t")?.rejectReasons == [RejectReason.nullKey.words: 4])
        #expect(report.table("t")?.notices.contains { $0.contains("changes nothing") } == true)
      }
    }
  }
}
