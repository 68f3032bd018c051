import FoundationEssentials
import Subprocess

/// The directory that holds the programs of one installed PostgreSQL.
public struct PostgresBinaries: Sendable, Equatable {
  public let directory: String

  /// The environment variable that names the directory to use.
  public static let environmentVariable = "PGTIDE_PG_BIN"

  /// Finds an installed server: the given directory, else `PGTIDE_PG_BIN`, else the highest version where packages put
  /// them, else what `pg_config` says, else `PATH`.
  ///
  /// A directory that was named but does not hold a server is an error, not a reason to look elsewhere.
  public static func find(in named: String? = nil) async throws -> PostgresBinaries {
    let environment = ProcessInfo.processInfo.environment
    if let named = named ?? environment[environmentVariable] {
      guard isComplete(named) else {
        throw ClusterError(
          "use the PostgreSQL programs in \(named)",
          hint: "the directory must hold \(programs.joined(separator: ", ")); check \(environmentVariable)")
      }
      return PostgresBinaries(directory: named)
    }
    if let packaged = packagedDirectories().first(where: isComplete) {
      return PostgresBinaries(directory: packaged)
    }
    if let configured = await directoryFromPgConfig(), isComplete(configured) {
      return PostgresBinaries(directory: configured)
    }
    let path = environment["PATH"] ?? ""
    if let found = path.split(separator: ":").map(String.init).first(where: isComplete) {
      return PostgresBinaries(directory: found)
    }
    throw ClusterError(
      "find an installed PostgreSQL server",
      hint: "install one (Debian: apt-get install postgresql) or name its bin directory in \(environmentVariable)")
  }

  private static let programs = ["initdb", "pg_ctl", "postgres", "psql"]

  private static func isComplete(_ directory: String) -> Bool {
    programs.allSatisfy { FileManager.default.isExecutableFile(atPath: "\(directory)/\($0)") }
  }

  /// `…/15/bin` directories of Debian's packages and `…/pgsql-15/bin` of Red Hat's and Homebrew's, highest version first.
  private static func packagedDirectories() -> [String] {
    let places = [
      ("/usr/lib/postgresql", ""), ("/usr", "pgsql-"), ("/opt/homebrew/opt", "postgresql@"),
      ("/usr/local/opt", "postgresql@"),
    ]
    return places.flatMap { parent, prefix -> [(version: Double, path: String)] in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
      return names.compactMap { name in
        guard name.hasPrefix(prefix), let version = Double(name.dropFirst(prefix.count)) else { return nil }
        return (version, "\(parent)/\(name)/bin")
      }
    }
    .sorted { $0.version > $1.version }
    .map(\.path)
  }

  private static func directoryFromPgConfig() async -> String? {
    guard let result = try? await run(.name("pg_config"), arguments: ["--bindir"], output: .string(limit: 4096)),
      result.terminationStatus.isSuccess
    else { return nil }
    return result.standardOutput.split(separator: "\n").first.map(String.init)
  }
}
