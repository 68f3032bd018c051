import Postgres

extension PassingLocks {
  /// The answer to a question, whose statements are sent in one message.
  package static func ask<Answer>(_ question: Question<Answer>, on connection: Connection) async throws -> Answer {
    try await connection.ask(.running(opening), question, .running(closing)).1
  }
}
