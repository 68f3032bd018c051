import EphemeralPostgres
import FoundationEssentials
import Logging
import PGTide
import Testing

extension Integration {
  /// What a run logs of its decisions.
  @Suite struct LogTests {
    /// The decisions of a run through the stage; those of the other ways are told where they are tested.
    private func run(
      _ scenario: Scenario, _ tables: String..., log: CapturedLog, options: Sync.Options = Sync.Options()
    ) async throws -> SyncReport {
      var options = options
      options.logger = log.logger
      let tables = tables.map { TableConfiguration(target: TableName(name: $0)) }
      return try await scenario.sync(
        scenario.configuration(tables, settings: RunSettings(jobs: 1)).staged, options: options)
    }

    @Test func `an unchanged run logs each decision once, in its order`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        let log = CapturedLog()
        let report = try await run(scenario, "people", log: log)
        #expect(
          log.lines.map(\.event) == [
            "planned", "table_planned", "lock_taken", "run_begun", "snapshot_taken", "chunk_started", "chunk_finished",
            "table_staged", "source_released", "table_compared", "merge_committed", "not_analyzed",
            "run_finished",
          ])
        #expect(log.lines.allSatisfy { $0.fields["flow"] == "forward" })
        let ofRun = log.lines.drop { $0.event != "run_begun" }
        #expect(ofRun.allSatisfy { $0.fields["run"] == report.runID })
        let compared = log.lines("table_compared").first?.fields
        #expect(compared?["table"] == "people" && compared?["unchanged"] == "3" && compared?["insert"] == "0")
        #expect(log.lines("chunk_finished").first?.fields["rows"] == "3")
        #expect(log.lines("run_finished").first?.fields["outcome"] == "success")
      }
    }

    @Test func `rejects, failures, what they keep from landing, and ANALYZE are logged`() async throws {
      let source = """
        CREATE TABLE a (id int, v text); INSERT INTO a VALUES (NULL, 'geheim'), (1, 'x'), (2, 'x');
        CREATE VIEW b AS SELECT g AS id, 10 / (2 - g) AS v FROM generate_series(1, 3) g;
        CREATE TABLE c (id int, b int); INSERT INTO c VALUES (1, 1);
        CREATE TABLE d AS SELECT g AS id FROM generate_series(1, 100) g;
        """
      let target = """
        CREATE TABLE a (id int PRIMARY KEY, v text, source text);
        CREATE TABLE b (id int PRIMARY KEY, v int, source text);
        CREATE TABLE c (id int PRIMARY KEY, b int REFERENCES b, source text);
        CREATE TABLE d (id int PRIMARY KEY, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let log = CapturedLog()
        _ = try await run(scenario, "a", "b", "c", "d", log: log)
        let rejected = try #require(log.lines("rows_rejected").first)
        #expect(rejected.level == .notice && rejected.fields["reason"] == "NULL in the key")
        #expect(rejected.fields["table"] == "a" && rejected.fields["rows"] == "1")
        let chunk = try #require(log.lines("chunk_failed").first)
        #expect(chunk.level == .error && chunk.fields["table"] == "b" && chunk.fields["sqlstate"] == "22012")
        let failed = try #require(log.lines("merge_failed").first)
        #expect(failed.level == .error && failed.fields["table"] == "b")
        let skipped = try #require(log.lines("merge_skipped").first)
        #expect(skipped.fields["table"] == "c" && skipped.fields["because"] == "b")
        #expect(log.lines("analyzed").map { $0.fields["table"] } == ["d"])
        #expect(log.lines("run_finished").first?.fields["outcome"] == "partial")
      }
    }

    @Test func `no value of a row is logged, also where the server quotes one`() async throws {
      let source = "CREATE TABLE t (id int, v text); INSERT INTO t VALUES (1, 'geheim'), (NULL, 'geheim')"
      let target =
        "CREATE TABLE t (id int PRIMARY KEY, v text UNIQUE, source text); INSERT INTO t VALUES (9, 'geheim', 'M')"
      try await withScenario(source: source, target: target) { scenario async throws in
        let log = CapturedLog(level: .trace)
        _ = try await run(scenario, "t", log: log)
        #expect(log.lines("merge_in_parts").first?.fields["sqlstate"] == "23505")
        #expect(log.lines("rows_rejected").contains { $0.fields["reason"] == "refused by the target" })
        var cast = scenario.configuration("t")
        cast.tables[0].columns = [ColumnMapping(column: "v", value: .expression("(v::int)::text"))]
        _ = try? await scenario.sync(cast, options: Sync.Options(logger: log.logger))
        #expect(log.lines("chunk_failed").first?.fields["sqlstate"] == "22P02")
        #expect(log.lines("statement").contains { $0.fields["statement"]?.contains("COPY") == true })
        #expect(log.lines.filter { "\($0)".contains("geheim") }.map(\.event) == [])
      }
    }

    @Test func `a run that cannot go on says so in its last event`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        let log = CapturedLog()
        let configuration = scenario.configuration("people").staged
        let slot = TaskSlot<SyncReport>()
        slot.start {
          try await scenario.sync(configuration, options: Sync.Options(logger: log.logger)) { event in
            if case .comparing = event { slot.cancel() }
          }
        }
        await #expect(throws: CancellationError.self) { try await slot.value }
        #expect(log.lines.last?.event == "run_finished" && log.lines.last?.fields["outcome"] == "cancelled")
      }
    }

    // MARK: - The command

    private struct Line: Decodable {
      var time: String
      var level: String
      var event: String
      var message: String
      var run: String?
      var rows: Int?
      var exit_code: Int?
    }

    private func command(
      _ arguments: String, _ scenario: Scenario, tables: String = "[people]"
    ) async throws -> (ended: PGTideProcess.Ended, lines: [Line]) {
      let yaml = "source: ${OFFICE}\ntarget: ${APP}\norigin: {column: source, ours: D}\ntables: \(tables)\n"
      let ended = try await PGTideProcess.run(
        arguments, files: ["pgtide.yaml": yaml],
        environment: ["OFFICE": scenario.source.connectionString, "APP": scenario.target.connectionString])
      let lines = try ended.errors.split(separator: "\n").map {
        try JSONDecoder().decode(Line.self, from: Data($0.utf8))
      }
      return (ended, lines)
    }

    @Test(arguments: ["info", "trace"])
    func `with a JSON log every line of the error output is an object with time, level, event and message`(
      _ level: String
    ) async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        let (ended, lines) = try await command("$PGTIDE sync --log-format json --log-level \(level)", scenario)
        #expect(ended.code == 0)
        #expect(ended.output.contains("1 of 1 table landed"))
        #expect(lines.contains { $0.event == "merge_committed" && $0.run == "1" })
        #expect(lines.contains { $0.event == "statement" } == (level == "trace"))
        #expect(lines.last?.event == "command_ended" && lines.last?.exit_code == 0)
        let form = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/
        #expect(lines.allSatisfy { $0.time.wholeMatch(of: form) != nil })
      }
    }

    @Test func `a failure of the command is an event with its exit code`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        let refused = try await command("$PGTIDE sync --log-format json", scenario, tables: "[nowhere]")
        #expect(refused.lines.map(\.event) == ["command_ended"])
        #expect(refused.lines.last?.level == "error" && refused.lines.last?.exit_code == 4)
        let lost = try await command("APP='host=127.0.0.1 port=1' $PGTIDE plan --log-format json", scenario)
        #expect(lost.lines.map(\.exit_code) == [5])
        let wrong = try await command("$PGTIDE sync --log-format json", scenario, tables: "{people: {colour: blue}}")
        #expect(wrong.lines.map(\.exit_code) == [78])
      }
    }

    @Test func `levels leave out what is below them`() async throws {
      try await withScenario(
        source: Scenario.people + "INSERT INTO people VALUES (NULL, 'x')", target: Scenario.appPeople
      ) { scenario async throws in
        let notices = try await command("$PGTIDE sync --log-format json --log-level notice", scenario)
        #expect(notices.lines.map(\.event) == ["direct_load_given_up", "rows_rejected"])
        let errors = try await command("$PGTIDE sync --log-format json --log-level error", scenario)
        #expect(errors.lines.isEmpty)
        let quiet = try await command("$PGTIDE sync --log-format json --quiet", scenario)
        #expect(quiet.lines.isEmpty && quiet.ended.output.isEmpty)
      }
    }

    @Test func `a log that nobody can read any more is told by the exit code, and harms nothing`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        let closed = try await command("$PGTIDE sync --log-format json --log-level trace 2>&-", scenario)
        #expect(closed.ended.code == 74)
        _ = try await command("$PGTIDE sync --log-format json --log-level trace 2>&1 >/dev/null | true", scenario)
        try await scenario.target.wait(for: "2", from: "SELECT count(*) FROM pgtide.runs WHERE status = 'success'")
      }
    }
  }
}
