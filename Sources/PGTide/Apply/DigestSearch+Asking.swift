import Postgres

extension [DigestSearch] {
  /// Asks the next question about each table at once, and takes the answers; `nil` if there is none.
  ///
  /// - Parameter statements: of the same tables, in the same order.
  func answered(_ statements: [DigestSQL], _ here: Connection, _ there: Connection) async throws -> [DigestSearch]? {
    let asked = indices.compactMap { place in self[place].question.map { (place: place, question: $0) } }
    if asked.isEmpty { return nil }
    func question(to end: DigestSQL.End) -> Question<[DigestAnswer]> {
      .each(asked.map { Question(statements[$0.place].answer($0.question, end), DigestAnswer.init) })
    }
    async let sources = here.ask(DigestSQL.onSource(asked.map { statements[$0.place] }, question(to: .source)))
    async let targets = there.ask(question(to: .target))
    var searches = self
    for (place, answers) in try await zip(asked.map(\.place), zip(sources, targets)) {
      try searches[place].take(source: answers.0, target: answers.1)
    }
    return searches
  }
}
