import ArgumentParser
import EphemeralPostgres
import FoundationEssentials

/// The directory that holds both servers, the configuration and the environment file.
struct PracticeDirectory: ParsableArguments {
  @Argument(help: ArgumentHelp("The directory of the two servers.", valueName: "dir"), completion: .directory)
  var given: String

  /// Absolute, for the servers and for files that are read from elsewhere.
  var path: String {
    let path = URL(filePath: given).standardized.path
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  static let databaseName = "practice"

  var sourceDirectory: String { "\(path)/source" }
  var targetDirectory: String { "\(path)/target" }
  var environmentFile: String { "\(path)/env" }
  /// Shows that `up` made the others, and which set of data: what only has their names is somebody's own.
  var markerFile: String { "\(path)/.pgtide-practice" }

  /// Something of somebody's own that stands where `up` would write.
  func obstacle(_ set: PracticeSet) -> String? {
    ([sourceDirectory, targetDirectory] + configurationFiles(set) + [environmentFile]).first(where: exists)
  }

  private func configurationFiles(_ set: PracticeSet) -> [String] { set.configurations.map { "\(path)/\($0.name)" } }

  /// The data that `up` was asked for.
  func set() throws -> PracticeSet {
    guard exists(markerFile) else { throw noServers }
    let text = try String(contentsOf: URL(filePath: markerFile), encoding: .utf8)
    // Before there were two sets, it was empty.
    guard let set = text.isEmpty ? .simple : PracticeSet(rawValue: text) else {
      throw ValidationError("\(markerFile) names no set of practice data: \(text)")
    }
    return set
  }

  var noServers: ValidationError {
    ValidationError("There are no servers of pgtide-practice in \(path).")
  }

  func source() async throws -> PostgresDatabase { try await database(in: sourceDirectory) }
  func target() async throws -> PostgresDatabase { try await database(in: targetDirectory) }

  private func database(in directory: String) async throws -> PostgresDatabase {
    guard exists(directory) else {
      throw ValidationError("There are no servers in \(path). Start them with: pgtide-practice up \(given)")
    }
    let cluster = try await PostgresCluster(existing: directory)
    if cluster.pid == nil { try await cluster.start() }
    return cluster.database(named: Self.databaseName)
  }

  func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// Stops the servers and removes what `up` made, and the directory itself if nothing else is in it.
  func remove() async throws {
    let configurations = configurationFiles(try set())
    for directory in [sourceDirectory, targetDirectory] where exists(directory) {
      try await PostgresCluster.remove(directory)
    }
    for file in configurations + [environmentFile, markerFile] where exists(file) {
      try FileManager.default.removeItem(atPath: file)
    }
    if try FileManager.default.contentsOfDirectory(atPath: path).isEmpty {
      try FileManager.default.removeItem(atPath: path)
    }
  }
}
