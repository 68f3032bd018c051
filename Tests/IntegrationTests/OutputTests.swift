import EphemeralPostgres
import FoundationEssentials
import PGTide
import Testing

extension Integration {
  /// Outputs that cannot be written, and files that are not to be.
  @Suite struct OutputTests {
    private func run(_ script: String, _ scenario: Scenario) async throws -> PGTideProcess.Ended {
      let yaml = """
        source: ${OFFICE}
        target: ${APP}
        origin: {column: source, ours: D}
        tables: [people]
        """
      return try await PGTideProcess.run(
        script, files: ["pgtide.yaml": yaml],
        environment: ["OFFICE": scenario.source.connectionString, "APP": scenario.target.connectionString])
    }

    @Test(arguments: [
      "plan", "plan --json", "schema", "init-metadata --print-sql", "init-metadata", "tune --budget 1s",
    ])
    func `what cannot be printed is an error with a message`(command: String) async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        let full = try await run("$PGTIDE \(command) > /dev/full", scenario)
        #expect(full.code == 74)
        #expect(full.errors.contains("cannot be written to the standard output: No space left on device"))
      }
    }

    @Test(arguments: ["sync", "sync --json"])
    func `a report that cannot be printed says what has landed`(command: String) async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        let full = try await run("$PGTIDE \(command) > /dev/full", scenario)
        #expect(full.code == 74)
        #expect(full.errors.contains("the report cannot be written to the standard output: No space left on device"))
        #expect(full.errors.contains("Run 1: what had landed stays; 1 of 1 table landed"))
        #expect(try await scenario.target.value("SELECT count(*) FROM people") == "3")
        let closed = try await run("{ $PGTIDE \(command); echo $? > code; } | true; sleep 1; cat code", scenario)
        #expect(closed.output == "74\n")
        #expect(closed.errors.contains("the program that reads it has ended"))
      }
    }

    @Test func `a log for machines that cannot be written is an error, progress that cannot is none`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        #expect(try await run("$PGTIDE sync --log-format json 2> /dev/full", scenario).code == 74)
        #expect(try await run("$PGTIDE sync 2> /dev/full", scenario).code == 0)
      }
    }

    // MARK: - The file of rejects

    private static let twins =
      "CREATE TABLE people (id int, name text); INSERT INTO people VALUES (1, 'Ann'), (1, 'Bob')"

    @Test func `whatever was there, the file of rejects is its owner's alone`() async throws {
      try await withScenario(source: Self.twins, target: Scenario.appPeople) { scenario async throws in
        let script = """
          echo '{"key": "older"}' > rejects; chmod 666 rejects; exec 3< rejects
          $PGTIDE sync --rejects-file rejects; echo $? >&2
          stat -c %a rejects; grep -c Ann rejects; cat <&3
          """
        let ended = try await run(script, scenario)
        #expect(ended.output.hasSuffix("600\n1\n{\"key\": \"older\"}\n"))
        #expect(ended.errors.hasSuffix("2\n"))
      }
    }

    @Test(arguments: [
      ("echo precious > other; ln -s other rejects", "a symbolic link"), ("mkdir rejects", "a directory"),
      ("mkfifo rejects", "a pipe"), ("ln -s nowhere rejects", "a symbolic link"),
    ])
    func `what is no file of ours is refused, and not touched`(making: String, named: String) async throws {
      try await withScenario(source: Self.twins, target: Scenario.appPeople) { scenario async throws in
        let script = """
          \(making); $PGTIDE sync --rejects-file rejects; echo $?
          cat other 2>/dev/null; ls nowhere 2>/dev/null; rm -rf rejects other
          """
        let ended = try await run(script, scenario)
        #expect(ended.output == (making.contains("precious") ? "1\nprecious\n" : "1\n"))
        #expect(ended.errors.contains("the rejects file rejects cannot be written: there is \(named)"))
        #expect(try await scenario.target.value("SELECT to_regnamespace('pgtide') IS NULL") == "t")
      }
    }

    @Test func `a file that holds something else is not taken for one of rejects`() async throws {
      try await withScenario(source: Self.twins, target: Scenario.appPeople) { scenario async throws in
        let ended = try await run("$PGTIDE sync --rejects-file pgtide.yaml; echo $?; head -n 1 pgtide.yaml", scenario)
        #expect(ended.output == "1\nsource: ${OFFICE}\n")
        #expect(ended.errors.contains("the rejects file pgtide.yaml cannot be written: the file that is there holds"))
      }
    }

    @Test func `a device takes them as it takes anything`() async throws {
      try await withScenario(source: Self.twins, target: Scenario.appPeople) { scenario async throws in
        let ended = try await run("$PGTIDE sync --rejects-file /dev/null; stat -c %a /dev/null", scenario)
        #expect(ended.output.contains("2 rejects written to /dev/null"))
        #expect(ended.output.hasSuffix("666\n"))
        let full = try await run("$PGTIDE sync --rejects-file /dev/full", scenario)
        #expect(full.code == 2)
        #expect(full.output.contains("the rejects file /dev/full is not complete (No space left on device)"))
      }
    }
  }
}
