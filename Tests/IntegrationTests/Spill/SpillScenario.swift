import EphemeralPostgres
import FoundationEssentials
import PGTide
import Subprocess
import Testing

/// A sync over the disk, with a spill directory of its own.
struct SpillScenario: Sendable {
  let scenario: Scenario
  let base: String

  /// Several chunks of about 1 MiB, and a view, which is one stream that is cut on the way.
  static let source = """
    CREATE TABLE t AS SELECT g AS id, repeat(md5(g::text), 6) AS v FROM generate_series(1, 20000) g;
    CREATE VIEW w AS SELECT id, v FROM t WHERE id <= 10000;
    """
  static let target = """
    CREATE TABLE t (id int PRIMARY KEY, v text, source text);
    CREATE TABLE w (id int PRIMARY KEY, v text, source text);
    """

  static func run<R: Sendable>(
    source: String = source, target: String = target, _ body: (SpillScenario) async throws -> R
  ) async throws -> R {
    try await withScenario(source: source, target: target) { scenario in try await run(scenario, body) }
  }

  static func run<R: Sendable>(
    _ scenario: Scenario, _ body: (SpillScenario) async throws -> R
  ) async throws -> R {
    let base = FileManager.default.temporaryDirectory.appending(path: "pgtide-spill-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: base) }
    return try await body(SpillScenario(scenario: scenario, base: base))
  }

  func configuration(
    _ tables: String..., mode: SpillMode = .always, limit: Int? = nil, jobs: Int = 2, retries: Int = 5
  ) -> SyncConfiguration {
    scenario.configuration(
      (tables.isEmpty ? ["t", "w"] : tables).map { TableConfiguration(target: TableName(name: $0)) },
      settings: RunSettings(
        jobs: jobs, chunkBytes: 1 << 20, retries: retries,
        spill: SpillSettings(mode: mode, directory: base, limit: limit)))
  }

  @discardableResult
  func sync(_ configuration: SyncConfiguration? = nil, options: Sync.Options = Sync.Options()) async throws
    -> SyncReport
  {
    try await scenario.sync(configuration ?? self.configuration(), options: options)
  }

  /// Takes up what an earlier run has left.
  @discardableResult
  func resume(_ configuration: SyncConfiguration? = nil) async throws -> SyncReport {
    try await sync(configuration, options: Sync.Options(resumes: true))
  }

  /// A run that reads everything and lands nothing, because the target lacks room.
  func fail(_ configuration: SyncConfiguration? = nil) async throws -> SyncReport {
    try await scenario.target.run(Scenario.failing("t") + Scenario.failing("w"))
    let report = try await sync(configuration)
    try await scenario.target.run("DROP TRIGGER fail ON t; DROP TRIGGER fail ON w")
    try await scenario.target.run("DROP FUNCTION fail_t, fail_w")
    return report
  }

  /// The directories of runs.
  var directories: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []).sorted()
  }

  /// The path of the only one.
  var directory: String { "\(base)/\(directories.first ?? "none")" }

  var files: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).filter { $0.hasSuffix(".lz4") }.sorted()
  }

  var counts: [String] {
    get async throws {
      [
        try await scenario.target.value("SELECT count(*) FROM t"),
        try await scenario.target.value("SELECT count(*) FROM w"),
      ]
    }
  }
}

/// Runs a script as the user who runs the tests.
func shell(_ script: String) async throws {
  let result = try await Subprocess.run(
    .name("sh"), arguments: ["-c", script], output: .discarded, error: .string(limit: 1 << 16))
  if !result.terminationStatus.isSuccess { throw ShellFailure(script: script, errors: result.standardError) }
}

struct ShellFailure: Error {
  var script: String
  var errors: String
}
