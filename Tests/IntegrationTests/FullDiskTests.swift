import EphemeralPostgres
import FoundationEssentials
import Glibc
import PGTide
import Subprocess
import Testing

extension Integration {
  /// A target whose disk is really full: a tablespace on a file system of 4 MiB, which only root can make.
  @Suite(.enabled(if: geteuid() == 0, "mounting a small file system takes root")) struct FullDiskTests {
    private static let source = """
      CREATE TABLE small AS SELECT 1 AS id;
      CREATE TABLE large AS SELECT g AS id, repeat('x', 500) AS v FROM generate_series(1, 20000) g;
      """

    /// Runs `body` with the name of a tablespace on the target's server that holds 4 MiB.
    private func withSmallTablespace(
      _ scenario: Scenario, _ body: (_ tablespace: String) async throws -> Void
    ) async throws {
      let name = "small_\(String(UInt64.random(in: .min ... .max), radix: 36))"
      let directory = FileManager.default.temporaryDirectory.appending(path: name).path
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      try await shell(
        "mount -t tmpfs -o size=4m tmpfs '\(directory)' && chmod 777 '\(directory)' && install -d -o postgres -m 700 '\(directory)/data'"
      )
      do {
        try await scenario.target.run("CREATE TABLESPACE \(name) LOCATION '\(directory)/data'")
        try await body(name)
      } catch {
        try? await shell("umount -l '\(directory)'")
        throw error
      }
      // Its files go with the database; the tablespace's own entry with the server.
      try await shell("umount -l '\(directory)' && rmdir '\(directory)'")
    }

    private func expectFull(_ report: SyncReport, _ scenario: Scenario) async throws {
      #expect(report.outcome == .partial)
      #expect(report.table("small")?.status == .success)
      let large = report.table("large")
      #expect(large?.status == .failed)
      #expect(large?.error?.contains("53100") == true, "\(large?.error ?? "")")
      #expect(large?.error?.contains("make room") == true)
      #expect(large?.retries == 0)
      #expect(try await scenario.target.value("SELECT count(*) FROM large") == "0")
      #expect(
        try await scenario.target.value(
          "SELECT coalesce(sum(pg_relation_size(oid)), 0) FROM pg_class WHERE relname ~ '^(stage|delta)_.*large$'")
          == "0")
    }

    @Test func `a disk that is full while rows are staged fails the table and leaves nothing behind`() async throws {
      let target = """
        CREATE TABLE small (id int PRIMARY KEY, source text);
        CREATE TABLE large (id int PRIMARY KEY, v text, source text);
        """
      try await withScenario(source: Self.source, target: target) { scenario in
        try await withSmallTablespace(scenario) { tablespace async throws in
          // The history and the small table's stage stand on a disk with room, so that only the large table meets the full one.
          try await scenario.sync(scenario.configuration("small").staged)
          try await scenario.target.run("ALTER DATABASE \(scenario.target.name) SET default_tablespace = \(tablespace)")
          try await expectFull(try await scenario.sync(scenario.configuration("small", "large").staged), scenario)
          try await scenario.target.run("DROP SCHEMA pgtide CASCADE; DROP TABLE _sync_metadata")
          try await scenario.target.run("ALTER DATABASE \(scenario.target.name) RESET default_tablespace")
        }
        #expect(try await scenario.sync(scenario.configuration("small", "large").staged).totals.inserted == 20_000)
      }
    }

    @Test(arguments: [DirectLoadRule.never, .auto])
    func `a disk that is full in the merge fails the table and leaves nothing behind`(
      _ rule: DirectLoadRule
    ) async throws {
      try await withScenario(source: Self.source, target: "CREATE TABLE small (id int PRIMARY KEY, source text)") {
        scenario in
        try await withSmallTablespace(scenario) { tablespace async throws in
          try await scenario.target.run(
            "CREATE TABLE large (id int PRIMARY KEY, v text, source text) TABLESPACE \(tablespace)")
          var configuration = scenario.configuration("small", "large")
          configuration.settings.directLoad = rule
          let report = try await scenario.sync(configuration)
          try await expectFull(report, scenario)
          let isGivenUp = report.table("large")?.notices.contains { $0.contains("a direct load was given up") }
          #expect(isGivenUp == (rule == .auto))
          try await scenario.target.run("ALTER TABLE large SET TABLESPACE pg_default")
        }
        #expect(try await scenario.sync(scenario.configuration("small", "large")).totals.inserted == 20_000)
      }
    }

    @Test func `a disk that is full while deleted rows are kept fails the table, and none of its rows is gone`()
      async throws
    {
      let target = """
        CREATE TABLE small (id int PRIMARY KEY, source text);
        CREATE TABLE large (id int PRIMARY KEY, v text, source text);
        """
      try await withScenario(source: Self.source + "INSERT INTO small VALUES (2)", target: target) { scenario in
        let configuration = scenario.removing("small", "large", allowing: 19_999)
        try await scenario.sync(configuration)
        try await scenario.source.run("DELETE FROM small WHERE id = 2; DELETE FROM large WHERE id > 1")
        try await withSmallTablespace(scenario) { tablespace async throws in
          try await scenario.target.run("ALTER TABLE pgtide.deleted SET TABLESPACE \(tablespace)")
          let report = try await scenario.sync(configuration)
          #expect(report.table("small")?.counts.deleted == 1)
          #expect(report.table("large")?.status == .failed)
          #expect(report.table("large")?.counts.deleted == 0)
          #expect(report.table("large")?.error?.contains("53100") == true, "\(report.table("large")?.error ?? "")")
          #expect(try await scenario.target.value("SELECT count(*) FROM large") == "20000")
          #expect(
            try await scenario.target.rows("SELECT table_name, count(*) FROM pgtide.deleted GROUP BY 1")
              == [["small", "1"]])
          try await scenario.target.run("ALTER TABLE pgtide.deleted SET TABLESPACE pg_default")
        }
        #expect(try await scenario.sync(configuration).totals.deleted == 19_999)
      }
    }
  }
}
