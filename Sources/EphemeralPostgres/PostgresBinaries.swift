import FoundationEssentials
import Subprocess

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The directory that holds the programs of one installed PostgreSQL.
public struct PostgresBinaries: Sendable, Equatable {
  public let directory: String

  /// The environment variable that names the directory, or the version, to use.
  public static let environmentVariable = "PGTIDE_PG_BIN"

  /// Finds an installed server: the given directory or version, else what `PGTIDE_PG_BIN` says, else the highest version
  /// where packages put them, else what `pg_config` says, else `PATH`.
  ///
  /// A version is that of a package, or one that `scripts/servers` has fetched. What was named but is not there is an
  /// error, not a reason to look elsewhere.
  public static func find(in named: String? = nil) async throws -> PostgresBinaries {
    let environment = ProcessInfo.processInfo.environment
    if let named = named ?? environment[environmentVariable] {
      if let version = Int(named) { return try find(version: version) }
      guard isComplete(named) else {
        throw ClusterError(
          "use the PostgreSQL programs in \(named)",
          hint: "the directory must hold \(programs.joined(separator: ", ")); check \(environmentVariable)")
      }
      return PostgresBinaries(directory: named)
    }
    if let packaged = packaged().first {
      return packaged.binaries
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

  /// What `postgres --version` says: 16 of `postgres (PostgreSQL) 16.15`.
  public func majorVersion() async throws -> Int {
    let said = try await Command(binaries: self).output(
      of: "postgres", ["--version"], operation: "ask the server in \(directory) for its version")
    guard let version = said.firstMatch(of: /\(PostgreSQL\) (\d+)/)?.1, let number = Int(version) else {
      throw ClusterError("read the version of the server in \(directory)", output: said)
    }
    return number
  }

  /// Whether `CREATE EXTENSION` will find it.
  public func hasExtension(_ name: String) async throws -> Bool {
    let shared = try await configuration("--sharedir")
    return FileManager.default.fileExists(atPath: "\(shared)/extension/\(name).control")
  }

  /// Whether it was built with ICU. From version 16 on it is, unless told otherwise.
  public func hasICU() async throws -> Bool {
    let options = try await configuration("--configure")
    if options.contains("--without-icu") { return false }
    if options.contains("--with-icu") { return true }
    return try await majorVersion() >= 16
  }

  public func hasXML() async throws -> Bool { try await configuration("--configure").contains("--with-libxml") }

  private func configuration(_ option: String) async throws -> String {
    try await Command(binaries: self).output(
      of: "pg_config", [option], operation: "ask how the server in \(directory) was built"
    ).trimmingNewline
  }

  private static func find(version: Int) throws -> PostgresBinaries {
    if let packaged = packaged().first(where: { $0.version == Double(version) }) { return packaged.binaries }
    let fetched = "\(fetchedServers())/\(version)/bin"
    guard isComplete(fetched) else {
      throw ClusterError(
        "find a PostgreSQL \(version)",
        hint: "it is neither where packages put it nor in \(fetched); fetch it: scripts/servers \(version)")
    }
    return PostgresBinaries(directory: fetched)
  }

  /// Where `scripts/servers` keeps what it fetches.
  private static func fetchedServers() -> String {
    let environment = ProcessInfo.processInfo.environment
    if let named = environment["PGTIDE_SERVERS"], !named.isEmpty { return named }
    // Root's home is closed to the user that servers run as.
    if geteuid() == 0 { return "/var/cache/pgtide/servers" }
    let cache = environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
    return (cache ?? "\(environment["HOME"] ?? "")/.cache") + "/pgtide/servers"
  }

  private static let programs = ["initdb", "pg_ctl", "postgres", "psql"]

  private static func isComplete(_ directory: String) -> Bool {
    programs.allSatisfy { FileManager.default.isExecutableFile(atPath: "\(directory)/\($0)") }
  }

  /// `…/15/bin` of Debian's packages and `…/pgsql-15/bin` of Red Hat's and Homebrew's, highest version first.
  private static func packaged() -> [(version: Double, binaries: PostgresBinaries)] {
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
    .filter { isComplete($0.path) }
    .sorted { $0.version > $1.version }
    .map { ($0.version, PostgresBinaries(directory: $0.path)) }
  }

  private static func directoryFromPgConfig() async -> String? {
    guard let result = try? await run(.name("pg_config"), arguments: ["--bindir"], output: .string(limit: 4096)),
      result.terminationStatus.isSuccess
    else { return nil }
    return result.standardOutput.split(separator: "\n").first.map(String.init)
  }
}
