import Postgres

/// Which database it is, without how to get into it.
package struct SpillEnd: Sendable, Codable, Equatable {
  /// The number that a cluster was given when it was made, and which its standbys have, too. Empty where the server
  /// does not tell it to us.
  package let system: String
  package let database: String
  package let host: String

  /// Where the server does not tell its number, the host has to do.
  private var identity: String { "\(system.isEmpty ? host : system)/\(database)" }

  /// In the names of directories.
  package var fingerprint: String { Fingerprint.of(identity) }

  package func isSame(as other: SpillEnd) -> Bool { identity == other.identity }

  package var description: String { "database \(database) on \(host)" }

  package static func read(_ connection: Connection) async throws -> SpillEnd {
    // Where the function is not ours to call, the other answer still counts.
    let system = Question<Result<QueryResult, PostgresError>>.outcome(
      of: "SELECT system_identifier FROM pg_catalog.pg_control_system()")
    let database = Question("SELECT pg_catalog.current_database()") { $0.rows.first?.text(0) ?? "" }
    let (told, name) = try await connection.attempt(.all(system, database))
    return SpillEnd(
      system: (try? told.get())?.rows.first?.text(0) ?? "", database: name, host: await connection.placeName)
  }
}

extension Connection {
  /// Host and port, as they were asked for.
  fileprivate var placeName: String {
    "\((try? link())?.host ?? ""):\((try? server)?.port ?? "")"
  }
}
