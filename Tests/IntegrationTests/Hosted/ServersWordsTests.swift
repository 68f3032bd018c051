import EphemeralPostgres
import FoundationEssentials
import Logging
import PGTide
import Testing

extension Integration {
  /// What a server says may quote a row, with whatever SQLSTATE. Its words are for the report and for the rejects.
  @Suite struct ServersWordsTests {
    private static let source =
      "CREATE TABLE person (id int, mail text); INSERT INTO person SELECT g, 'geheim' || g FROM generate_series(1, 9) g;"

    /// A trigger that puts the row into everything that it can set.
    private static func target(_ sqlState: String) -> String {
      """
      CREATE TABLE person (id int PRIMARY KEY, mail text, source char(1));
      CREATE FUNCTION noisy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE WARNING 'look at %', NEW.mail;
        IF NEW.id = 7 THEN
          RAISE EXCEPTION 'the mail % is on a list', NEW.mail USING ERRCODE = '\(sqlState)', DETAIL = NEW.mail,
            HINT = NEW.mail, TABLE = NEW.mail, COLUMN = NEW.mail, CONSTRAINT = NEW.mail, SCHEMA = NEW.mail;
        END IF;
        RETURN NEW; END $$;
      CREATE TRIGGER noisy BEFORE INSERT OR UPDATE ON person FOR EACH ROW EXECUTE FUNCTION noisy();
      """
    }

    /// All that is kept of runs, but for the rejects.
    private static let kept = """
      SELECT row_to_json(x)::text FROM (SELECT 'status' AS of, m::text FROM _sync_metadata m
        UNION ALL SELECT 'run', r::text FROM pgtide.runs r UNION ALL SELECT 'table', t::text FROM pgtide.run_tables t) x
      """

    @Test(arguments: ["XX000", "53100", "42501", "TIDE2"])
    func `of an error that fails the table`(sqlState: String) async throws {
      try await withScenario(source: Self.source, target: Self.target(sqlState)) { scenario async throws in
        let log = CapturedLog(level: .trace)
        let report = try await scenario.sync(
          scenario.configuration("person"), options: Sync.Options(logger: log.logger))
        #expect(report.table("person")?.status == .failed)
        #expect(report.table("person")?.error?.contains("geheim7") == true)
        let kept = try await scenario.target.rows(Self.kept).joined()
        #expect(kept.filter { $0.contains(sqlState) || sqlState == "TIDE2" && $0.contains("another key") }.count == 3)
        #expect(kept.filter { $0.contains("geheim") } == [])
        #expect(kept.contains { $0.contains("run \(report.runID): ") })
        #expect(log.lines("merge_failed").first?.fields["table"] == "person")
        #expect(log.lines.filter { "\($0)".contains("geheim") }.map(\.event) == [])
      }
    }

    @Test(arguments: ["45000", "23505", "P0001", "22P02"])
    func `of an error that rejects one row`(sqlState: String) async throws {
      try await withScenario(source: Self.source, target: Self.target(sqlState)) { scenario async throws in
        let log = CapturedLog(level: .trace)
        let options = Sync.Options(logger: log.logger)
        for _ in 1...2 {
          let report = try await scenario.sync(scenario.configuration("person"), options: options)
          #expect(report.totals.rejected == 1)
          try await scenario.source.run("UPDATE person SET mail = mail || 'x'")
        }
        #expect(try await scenario.target.value("SELECT message LIKE '%geheim7%' FROM pgtide.rejects LIMIT 1") == "t")
        #expect(try await scenario.target.rows(Self.kept).joined().filter { $0.contains("geheim") } == [])
        #expect(log.lines("merge_in_parts").first?.fields["sqlstate"] == sqlState)
        #expect(log.lines.filter { "\($0)".contains("geheim") }.map(\.event) == [])
      }
    }

    @Test func `of an error of the source`() async throws {
      let target = "CREATE TABLE person (id int PRIMARY KEY, mail text, source char(1))"
      try await withScenario(source: Self.source, target: target) { scenario async throws in
        let log = CapturedLog(level: .trace)
        var configuration = scenario.configuration("person")
        configuration.tables[0].columns = [ColumnMapping(column: "mail", value: .expression("src.mail::int::text"))]
        let report = try await scenario.sync(configuration, options: Sync.Options(logger: log.logger))
        #expect(report.table("person")?.error?.contains("geheim1") == true)
        #expect(report.table("person")?.errorSummary?.contains("data exception (SQLSTATE 22P02)") == true)
        #expect(try await scenario.target.rows(Self.kept).joined().filter { $0.contains("geheim") } == [])
        #expect(log.lines.filter { "\($0)".contains("geheim") }.map(\.event) == [])
      }
    }

    @Test func `with --atomic, of an error that all tables failed by`() async throws {
      let source =
        Self.source + "CREATE VIEW bad AS SELECT g AS id, ('geheim' || g)::int AS v FROM generate_series(1, 3) g"
      let target = Self.target("45000") + "CREATE TABLE bad (id int PRIMARY KEY, v int, source char(1))"
      try await withScenario(source: source, target: target) { scenario async throws in
        let log = CapturedLog(level: .trace)
        let report = try await scenario.sync(
          scenario.configuration("person", "bad"), options: Sync.Options(isAtomic: true, logger: log.logger))
        #expect(report.outcome == .failed)
        #expect(try await scenario.target.rows(Self.kept).joined().filter { $0.contains("geheim") } == [])
        #expect(log.lines.filter { "\($0)".contains("geheim") }.map(\.event) == [])
      }
    }

    @Test func `--debug shows neither an error's nor a warning's words`() async throws {
      try await withScenario(source: Self.source, target: Self.target("45000")) { scenario async throws in
        let yaml = "source: ${OFFICE}\ntarget: ${APP}\norigin: {column: source, ours: D}\ntables: [person]\n"
        let ended = try await PGTideProcess.run(
          "$PGTIDE sync --debug >/dev/null", files: ["pgtide.yaml": yaml],
          environment: ["OFFICE": scenario.source.connectionString, "APP": scenario.target.connectionString])
        #expect(ended.code == 2)
        #expect(ended.errors.contains("FAILED: the server refused it (SQLSTATE 45000)"))
        #expect(ended.errors.contains(" notices or warnings of the server"))
        #expect(!ended.errors.contains("geheim"))
      }
    }

    @Test func `--quiet shows a warning of the plan, and nothing else`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        let yaml = "source: ${OFFICE}\ntarget: ${APP}\norigin: {column: source, ours: D}\ntables: [people]\n"
        func run() async throws -> PGTideProcess.Ended {
          try await PGTideProcess.run(
            "$PGTIDE sync --quiet", files: ["pgtide.yaml": yaml],
            environment: ["OFFICE": scenario.source.connectionString, "APP": scenario.target.connectionString])
        }
        let first = try await run()
        #expect(first.code == 0 && first.errors.isEmpty)
        try await scenario.target.run("GRANT SELECT ON pgtide.rejects TO PUBLIC")
        let second = try await run()
        #expect(second.code == 0 && second.output.isEmpty)
        #expect(second.errors.split(separator: "\n").count == 1)
        #expect(second.errors.contains("everybody (PUBLIC) has rights on what pgtide keeps"))
      }
    }
  }
}
