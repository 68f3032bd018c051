import FoundationEssentials
import Logging
import Postgres
import Testing

@testable import PGTide

@Suite struct LoggedErrorTests {
  private func postgres(_ state: String) -> PostgresError {
    PostgresError(
      kind: .statement, connection: "target 1", sqlState: state, message: "no: \"geheim\"", detail: "Key (a)=(42)",
      context: "COPY t, line 1: 42", constraint: "rule")
  }

  @Test func `a server's error has its SQLSTATE and names, without detail and context`() {
    let fields = LoggedError.fields(postgres("23514"))
    #expect(fields["sqlstate"] == "23514" && fields["constraint"] == "rule" && fields["error"] == "no: \"geheim\"")
    #expect(!"\(fields)".contains("42)") && !"\(fields)".contains("line 1"))
  }

  @Test(arguments: ["22P02", "22003", "P0001"])
  func `a text that is likely to quote a value is left out`(state: String) {
    #expect(!"\(LoggedError.fields(postgres(state)))".contains("geheim"))
  }

  @Test func `a data exception that quotes nothing keeps its text`() {
    let error = PostgresError(
      kind: .statement, connection: "target", sqlState: "22012", message: "division by zero")
    #expect(error.messageWithoutValues == "division by zero")
  }

  @Test(arguments: ["22P02", "23514"])
  func `so it is in what a table failed by`(state: String) {
    let error = SyncError(postgres(state), table: nil, while: "merged")
    let fields = LoggedError.fields(error)
    #expect(fields["sqlstate"] == .string(state))
    #expect("\(fields["error"] ?? "")".hasPrefix("could not be merged: "))
    #expect(!"\(fields)".contains("42)") && !"\(fields)".contains("line 1"))
    #expect("\(fields)".contains("geheim") == (state == "23514"))
  }

  @Test func `every event is in the documentation, with its name`() throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let text = try String(contentsOfFile: "/\(root)/docs/operations.md", encoding: .utf8)
    for event in RunLog.Event.allCases { #expect(text.contains("| `\(event.rawValue)` |"), "\(event)") }
  }
}
