import EphemeralPostgres
import FoundationEssentials
import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

extension Integration {
  /// A run proves that both ends are level, and its receipt tells later which of them has moved.
  @Suite struct ReceiptTests {
    private func withPeople<R: Sendable>(_ body: (Scenario) async throws -> R) async throws -> R {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople, body)
    }

    private func prove(_ scenario: Scenario, _ configuration: SyncConfiguration) async throws -> SyncReport {
      try await scenario.sync(configuration, options: Sync.Options(proves: true))
    }

    /// What has become of the only table's ends since the run.
    private func moved(
      since report: SyncReport, _ configuration: SyncConfiguration, location: SourceLocation = #_sourceLocation
    ) async throws -> [String] {
      let names = FullNames(configuration)
      var options = Check.Options()
      options.tracer = names.tracer(passingTo: nil)
      defer { names.record(location) }
      let run = try #require(Int(report.runID))
      let receipt = try await Check(configuration, options: options).compare(receipt: run)
      return [receipt.outcome.rawValue, receipt.tables[0].source.rawValue, receipt.tables[0].target.rawValue]
    }

    @Test(arguments: [true, false])
    func `the receipt tells which end has moved since`(usesDigests: Bool) async throws {
      try await withPeople { scenario async throws in
        let plain = scenario.configuration("people")
        let configuration = usesDigests ? plain : plain.staged
        let report = try await prove(scenario, configuration)
        #expect(report.outcome == .success)
        #expect(report.proof?.outcome == .level)
        #expect(report.proof?.tables.map(\.level) == [3])
        #expect(try await moved(since: report, configuration) == ["unmoved", "unmoved", "unmoved"])
        // What the app does in its own rows is no move.
        try await scenario.target.run("INSERT INTO people VALUES (50, 'App', 'M')")
        #expect(try await moved(since: report, configuration) == ["unmoved", "unmoved", "unmoved"])
        try await scenario.target.run("UPDATE people SET name = 'Bea' WHERE id = 2")
        #expect(try await moved(since: report, configuration) == ["moved", "unmoved", "moved"])
        try await scenario.source.run("UPDATE people SET name = 'Bea' WHERE id = 2")
        #expect(try await moved(since: report, configuration) == ["moved", "moved", "moved"])
        try await scenario.target.run("UPDATE people SET name = 'Bob' WHERE id = 2")
        #expect(try await moved(since: report, configuration) == ["moved", "moved", "unmoved"])
        // A later run has a receipt of its own.
        let second = try await prove(scenario, configuration)
        #expect(try await moved(since: second, configuration) == ["unmoved", "unmoved", "unmoved"])
      }
    }

    @Test(arguments: [true, false])
    func `a proof sees what a run leaves different`(usesDigests: Bool) async throws {
      try await withPeople { scenario async throws in
        try await scenario.target.run("INSERT INTO people VALUES (7, 'gone', 'D'), (1, 'Mine', 'M')")
        let plain = scenario.configuration("people")
        let report = try await prove(scenario, usesDigests ? plain : plain.staged)
        #expect(report.outcome == .success)
        let proof = try #require(report.proof)
        #expect(proof.outcome == .different)
        #expect(proof.tables[0].texts == ["- 7", "* 1 name"])
        #expect(proof.tables[0].level == 2)
        let level = "SELECT receipt->'tables'->0->>'level' FROM pgtide.runs ORDER BY run_id DESC LIMIT 1"
        #expect(try await scenario.target.value(level) == "false")
      }
    }

    @Test func `rejects and atomic runs are proved, too, and of tables that failed nothing`() async throws {
      let source = """
        CREATE TABLE good (id int, name text); INSERT INTO good VALUES (1, 'Ann'), (2, 'too long a name');
        CREATE TABLE bad (id int, name text); INSERT INTO bad VALUES (1, 'x');
        """
      let target =
        """
        CREATE TABLE good (id int PRIMARY KEY, name varchar(5), source text);
        CREATE TABLE bad (id int PRIMARY KEY, name text, source text);
        """ + Scenario.failing("bad")
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await prove(scenario, scenario.configuration("good", "bad"))
        #expect(report.outcome == .partial)
        #expect(report.proof?.tables.map(\.table) == ["good", "bad"])
        #expect(report.proof?.tables.map(\.status) == [.level, .failed])
        #expect(report.proof?.outcome == .partial)
        let none = try await prove(scenario, scenario.configuration("bad"))
        #expect(none.proof?.outcome == .failed)
        #expect(
          try await scenario.target.value("SELECT receipt IS NULL FROM pgtide.runs ORDER BY run_id DESC LIMIT 1") == "t"
        )
        let atomic = try await scenario.sync(
          scenario.configuration("good"), options: Sync.Options(isAtomic: true, proves: true))
        #expect(atomic.proof?.outcome == .rejects)
        #expect(try await moved(since: atomic, scenario.configuration("good")) == ["unmoved", "unmoved", "unmoved"])
      }
    }

    @Test func `a row of ours without a key is neither level nor unmoved`() async throws {
      try await withScenario(
        source: "CREATE TABLE t (id int, v text); INSERT INTO t VALUES (1, 'a')",
        target: "CREATE TABLE t (id int UNIQUE, v text, source text)"
      ) { scenario async throws in
        var table = TableConfiguration(target: TableName(name: "t"))
        table.key = ["id"]
        let configuration = scenario.configuration([table])
        let first = try await prove(scenario, configuration)
        #expect(first.proof?.outcome == .level)
        try await scenario.target.run("INSERT INTO t VALUES (NULL, 'b', 'D')")
        #expect(try await moved(since: first, configuration) == ["moved", "unmoved", "moved"])
        #expect(try await prove(scenario, configuration).proof?.tables[0].texts == ["- NULL"])
      }
    }

    @Test func `what was configured in another way cannot be told`() async throws {
      try await withPeople { scenario async throws in
        let report = try await prove(scenario, scenario.configuration("people"))
        var table = TableConfiguration(target: TableName(name: "people"))
        table.filter = "src.id < 3"
        let receipt = try await moved(since: report, scenario.configuration([table]))
        #expect(receipt == ["failed", "unknown", "unmoved"])
      }
    }

    @Test func `a run that proves nothing has no receipt`() async throws {
      try await withPeople { scenario async throws in
        let configuration = scenario.configuration("people")
        let missing = try await #require(throws: SyncError.self) {
          _ = try await Check(configuration).compare(receipt: 1)
        }
        #expect(missing.message == "the target has no receipts")
        let report = try await scenario.sync(configuration)
        #expect(report.proof == nil)
        let none = try await #require(throws: SyncError.self) { try await moved(since: report, configuration) }
        #expect(none.message == "run \(report.runID) has left no receipt")
        let unknown = try await #require(throws: SyncError.self) {
          _ = try await Check(configuration).compare(receipt: 12_345)
        }
        #expect(unknown.message == "the flow forward has no run 12345")
      }
    }

    @Test func `a history of an earlier version takes the receipt`() async throws {
      try await withPeople { scenario async throws in
        let configuration = scenario.configuration("people")
        try await scenario.sync(configuration)
        try await scenario.target.run("ALTER TABLE pgtide.runs DROP COLUMN receipt")
        let report = try await prove(scenario, configuration)
        #expect(report.proof?.outcome == .level)
        #expect(try await moved(since: report, configuration) == ["unmoved", "unmoved", "unmoved"])
      }
    }

    @Test func `a run that does not hold its source to the end cannot prove anything`() async throws {
      try await withPeople { scenario async throws in
        let tried = Sync.Options(isDryRun: true, proves: true)
        await #expect(throws: SettingsError.self) {
          _ = try await Sync(scenario.configuration("people"), options: tried).run()
        }
        let spilling = scenario.configuration(
          [TableConfiguration(target: TableName(name: "people"))],
          settings: RunSettings(spill: SpillSettings(mode: .always)))
        await #expect(throws: SettingsError.self) {
          _ = try await Sync(spilling, options: Sync.Options(proves: true)).run()
        }
      }
    }

    @Test func `the command says what was proved, and what has moved`() async throws {
      try await withPeople { scenario async throws in
        let yaml = """
          source: ${OFFICE}
          target: ${APP}
          origin: {column: source, ours: D}
          tables:
            people:
          """
        func run(_ command: String) async throws -> PGTideProcess.Ended {
          try await PGTideProcess.run(
            "$PGTIDE \(command)", files: ["pgtide.yaml": yaml],
            environment: ["OFFICE": scenario.source.connectionString, "APP": scenario.target.connectionString])
        }
        let proved = try await run("sync --prove")
        #expect(proved.code == 0)
        #expect(proved.output.contains("Proved: Both ends are level."))
        let number = try await scenario.target.value("SELECT max(run_id) FROM pgtide.runs")
        #expect(proved.output.contains("pgtide check --receipt \(number)"))
        let unmoved = try await run("check --receipt \(number)")
        #expect(unmoved.code == 0)
        #expect(unmoved.output.contains("Neither end has moved since run \(number)"))
        try await scenario.source.run("DELETE FROM people WHERE id = 3")
        let moved = try await run("check --receipt \(number)")
        #expect(moved.code == 10)
        #expect(moved.output.contains("people  level  moved   unmoved"))
        #expect(moved.output.contains("Only the source has moved since run \(number)"))
        let different = try await run("sync --prove --quiet")
        #expect(different.code == 10)
        #expect(different.errors.contains("Not proved: The two ends differ."))
        #expect(different.errors.contains("- id=3"))
        let json = try JSONDecoder().decode(
          ReceiptReport.self, from: Data(try await run("check --json --receipt \(number)").output.utf8))
        #expect(json.outcome == .moved)
        #expect(try await run("check --receipt 1 --sql").code == 64)
      }
    }
  }
}
