import Postgres
import Testing

@Suite struct QuestionTests {
  private static func answer(_ values: String?...) -> Question<Int>.Answered {
    .success(QueryResult(columns: ["a"], rows: [QueryResult.Row(values: values)], affectedRows: 1, commandTag: ""))
  }

  private static let failure = PostgresError(kind: .statement, connection: "test", message: "no")

  private static func number(_ sql: SQL) -> Question<Int> { Question(sql) { $0.rows.first?.int(0) ?? -1 } }

  private static func text(_ sql: SQL) -> Question<String> { Question(sql) { $0.rows.first?.text(0) ?? "" } }

  @Test func `each question takes as many answers as it has statements, whatever stands between them`() throws {
    let question = Question.all(
      Self.number("a"), .running(["b", "c"] as [SQL]), .each([Self.text("d"), Self.text("e")]), .known(true),
      .optional(Self.number("f")), .optional(Question<Int>?.none), Self.text("g"))
    #expect(question.statements == ["a", "b", "c", "d", "e", "f", "g"])
    let answers = [1, 2, 3, 4, 5, 6, 7].map { Self.answer("\($0)") }
    let (a, _, texts, isKnown, f, none, g) = try question.read(answers)
    #expect(a == 1 && texts == ["4", "5"] && isKnown && f == 6 && none == nil && g == "7")
  }

  @Test func `an answer is changed where it is asked for`() throws {
    let question = Question.all(Self.number("a"), Self.number("b")).map { $0 - $1 }
    #expect(question.statements == ["a", "b"])
    #expect(try question.read([Self.answer("7"), Self.answer("2")]) == 5)
  }

  @Test func `a statement that fails fails the question, unless that is an answer`() throws {
    let asked = Question.all(Self.number("a"), .outcome(of: "b" as SQL))
    #expect(throws: PostgresError.self) { try asked.read([.failure(Self.failure), Self.answer("1")]) }
    let (number, outcome) = try asked.read([Self.answer("1"), .failure(Self.failure)])
    #expect(number == 1)
    #expect(throws: PostgresError.self) { try outcome.get() }
    #expect(throws: PostgresError.self) { try Question.running(["a"] as [SQL]).read([.failure(Self.failure)]) }
  }
}
