/// One database of a throwaway server, with the few verbs that tests and practice data need.
///
/// Everything goes through the server's own `psql`, so that nothing here depends on the client under test.
public struct PostgresDatabase: Sendable {
  public let cluster: PostgresCluster
  public let name: String

  public var connectionString: String { cluster.connectionString(database: name) }
  public var tcpConnectionString: String { cluster.tcpConnectionString(database: name) }

  /// Runs statements; the first error ends the script and is thrown.
  public func run(_ sql: String) async throws {
    try await run(script: Array(sql.utf8))
  }

  /// Runs a script as `psql` reads it, with psql variables (`:name`).
  public func run(script: [UInt8], variables: [String: String] = [:]) async throws {
    _ = try await psql(script, variables.sorted { $0.key < $1.key }.flatMap { ["-v", "\($0.key)=\($0.value)"] })
  }

  /// The rows of one query, every value as text and NULL as `NULL`.
  public func rows(_ sql: String) async throws -> [[String]] {
    // Separators that no practice value holds; the last record ends with a line feed of psql's own.
    let output = try await psql(
      Array(sql.utf8), ["-At", "-F", "\u{1F}", "-R", "\u{1E}", "-P", "null=NULL"])
    guard !output.isEmpty else { return [] }
    return output.trimmingNewline.utf8.split(separator: 0x1E, omittingEmptySubsequences: false).map { record in
      record.split(separator: 0x1F, omittingEmptySubsequences: false).map { String(Substring($0)) }
    }
  }

  /// The first column of a query's first row; throws if there is no row.
  public func value(_ sql: String) async throws -> String {
    guard let value = try await rows(sql).first?.first else {
      throw ClusterError("read one value in \(name): no row from \(sql)")
    }
    return value
  }

  private func psql(_ script: [UInt8], _ arguments: [String]) async throws -> String {
    try await cluster.command.output(
      of: "psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"] + arguments + ["-d", connectionString],
      input: script, operation: "run SQL in \(name)")
  }
}

extension PostgresCluster {
  /// A database by name, whether it exists or not.
  public func database(named name: String = "postgres") -> PostgresDatabase {
    PostgresDatabase(cluster: self, name: name)
  }

  /// Makes a database, empty or as a copy of another one to which nobody is connected.
  @discardableResult
  public func createDatabase(named name: String, template: String = "template1") async throws -> PostgresDatabase {
    try await database().run("CREATE DATABASE \(identifier(name)) TEMPLATE \(identifier(template))")
    return database(named: name)
  }

  /// Drops a database and ends its sessions. That there is none is not an error.
  public func dropDatabase(named name: String) async throws {
    try await database().run("DROP DATABASE IF EXISTS \(identifier(name)) WITH (FORCE)")
  }

  private func identifier(_ name: String) -> String {
    "\"\(name.replacing("\"", with: "\"\""))\""
  }
}
