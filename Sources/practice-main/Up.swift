import ArgumentParser
import EphemeralPostgres
import FoundationEssentials
import UnixSignals

struct Up: AsyncParsableCommand, Sendable {
  static let configuration = CommandConfiguration(
    abstract: "Start two servers and fill them with practice data.",
    discussion: """
      Writes DIR/pgtide.yaml and DIR/env. Load the latter into your shell with `. DIR/env`, then run \
      `pgtide sync --config DIR/pgtide.yaml`. The servers keep running when this command ends.
      """)

  @OptionGroup var directory: PracticeDirectory

  @Option(help: "Which data: simple tables, or an office's that are as hard as real ones.")
  var set = PracticeSet.simple

  @Option(help: "Multiply the rows of the larger tables.")
  var scale = 1

  @Flag(help: "Add some rows that cannot go in, and some that belong to the app.")
  var dirt = false

  func validate() throws {
    guard (1...1000).contains(scale) else { throw ValidationError("The scale must be 1 to 1000.") }
  }

  func run() async throws {
    guard !directory.exists(directory.markerFile) else {
      throw ValidationError(
        "There are servers in \(directory.path) already. Remove them first: pgtide-practice down \(directory.given)")
    }
    if let obstacle = directory.obstacle(set) {
      throw ValidationError("There is \(obstacle) already, which is not of pgtide-practice. Give another directory.")
    }
    try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
    try write(set.rawValue, to: directory.markerFile)
    do {
      try await fillUnlessInterrupted()
    } catch {
      try? await directory.remove()
      guard error is CancellationError else { throw error }
      print("interrupted; nothing is left in \(directory.path)")
      throw ExitCode(130)
    }
  }

  /// A signal cancels the work, so that it leaves nothing behind.
  private func fillUnlessInterrupted() async throws {
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    try await withThrowingTaskGroup { group in
      group.addTask { try await fill() }
      group.addTask { for await _ in signals { throw CancellationError() } }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func fill() async throws {
    async let startingSource = PostgresCluster.create(in: directory.sourceDirectory)
    async let startingTarget = PostgresCluster.create(in: directory.targetDirectory)
    let (sourceCluster, targetCluster) = try await (startingSource, startingTarget)
    let source = try await sourceCluster.createDatabase(named: PracticeDirectory.databaseName)
    let target = try await targetCluster.createDatabase(named: PracticeDirectory.databaseName)
    let loaded = try await set.load(source: source, target: target, scale: scale, hasDirt: dirt)

    for file in set.configurations { try write(file.text, to: "\(directory.path)/\(file.name)") }
    let environment = """
      export PGTIDE_SOURCE=\(shell(source.connectionString))
      export PGTIDE_TARGET=\(shell(target.connectionString))

      """
    try write(environment, to: directory.environmentFile)

    print("source  \(source.connectionString)")
    print("        \(loaded.rows) rows in \(loaded.tables) tables")
    print("target  \(target.connectionString)")
    print("        the same tables, empty")
    for line in loaded.dirt { print("dirt    \(line)") }
    for file in set.configurations { print("config  \(directory.path)/\(file.name)") }
    print("shell   . \(directory.environmentFile)")
  }

  private func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  private func shell(_ text: String) -> String {
    "'\(text.replacing("'", with: "'\\''"))'"
  }
}
