/// Statements, and how their answers are read: one value, so that no answer is taken for another's.
///
///     let rows = Question("SELECT pg_catalog.count(*) FROM t") { $0.rows.first?.int(0) ?? 0 }
///     let (count, settings) = try await connection.ask(rows, settings)
///
/// Questions are put together (``all(_:)``, ``each(_:)``) and sent in one message, whatever they answer; each takes as
/// many of the answers as it has statements.
public struct Question<Answer>: Sendable {
  /// What came of one statement.
  public typealias Answered = Result<QueryResult, PostgresError>

  public let statements: [SQL]
  private let decode: @Sendable (ArraySlice<Answered>) throws -> Answer

  private init(_ statements: [SQL], decoding decode: @escaping @Sendable (ArraySlice<Answered>) throws -> Answer) {
    self.statements = statements
    self.decode = decode
  }

  /// One statement.
  public init(_ sql: SQL, _ decode: @escaping @Sendable (QueryResult) throws -> Answer) {
    self.init([sql]) { answers in
      guard let answer = answers.first else { fatalError("a question was given no answer") }
      return try decode(answer.get())
    }
  }

  /// Reads the answers to ``statements``.
  public func read(_ answers: some Sequence<Answered>) throws -> Answer {
    let answers = Array(answers)
    precondition(answers.count == statements.count, "a question was given other answers than its own")
    return try decode(answers[...])
  }

  private func take(from answers: inout ArraySlice<Answered>) throws -> Answer {
    let own = answers.prefix(statements.count)
    answers = answers.dropFirst(statements.count)
    return try read(own)
  }

  public func map<Other>(_ change: @escaping @Sendable (Answer) throws -> Other) -> Question<Other> {
    Question<Other>(statements) { [decode] in try change(decode($0)) }
  }

}

extension Question {
  /// Statements that answer nothing.
  public static func running(_ statements: [SQL]) -> Question where Answer == Void {
    Question(statements) { answers in for answer in answers { _ = try answer.get() } }
  }

  /// A statement that may fail, which is an answer, too, where each statement stands for itself.
  public static func outcome(of sql: SQL) -> Question where Answer == Answered {
    Question([sql]) { answers in answers[answers.startIndex] }
  }

  /// What is known already, and need not be asked.
  public static func known(_ answer: Answer) -> Question where Answer: Sendable { Question([]) { _ in answer } }

  /// A question that may not have to be asked.
  public static func optional<Part>(_ part: Question<Part>?) -> Question where Answer == Part? {
    Question(part?.statements ?? []) { answers in try part?.read(answers) }
  }

  /// One question after the other, each with an answer of the same kind.
  public static func each<Part>(_ parts: [Question<Part>]) -> Question where Answer == [Part] {
    Question(parts.flatMap(\.statements)) { answers in
      var rest = answers
      return try parts.map { try $0.take(from: &rest) }
    }
  }

  /// One question after the other, each with an answer of its own kind.
  public static func all<each Part>(
    _ parts: repeat Question<each Part>
  ) -> Question where Answer == (repeat each Part) {
    var statements: [SQL] = []
    for part in repeat each parts { statements += part.statements }
    return Question(statements) { answers in
      var rest = answers
      return (repeat try (each parts).take(from: &rest))
    }
  }
}

extension Question where Answer == QueryResult {
  /// A statement whose rows are looked at elsewhere.
  public init(_ sql: SQL) { self.init(sql) { $0 } }
}
