import Postgres

extension PassingLocks {
  /// The answers to `statements`, which are sent in one message.
  package static func batch(_ statements: [SQL], on connection: Connection) async throws -> [QueryResult] {
    let answers = try await connection.batch(opening + statements + closing)
    return Array(answers.dropFirst(opening.count).dropLast(closing.count))
  }
}
