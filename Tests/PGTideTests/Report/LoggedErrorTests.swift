import FoundationEssentials
import Logging
import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct LoggedErrorTests {
  /// With a value of a row in everything that code in the database can set.
  private func postgres(_ state: String, routine: String? = "exec_stmt_raise") -> PostgresError {
    PostgresError(
      kind: .statement, connection: "target connection 1", sqlState: state, message: "no: \"geheim\"",
      detail: "Key (a)=(geheim)",
      hint: "not geheim", context: "COPY t, line 1: geheim", table: "geheim", column: "geheim", constraint: "geheim",
      routine: routine)
  }

  @Test(arguments: ["22P02", "23514", "P0001", "45000", "XX000", "53100", "42501", "57P01", "TIDE1"])
  func `the server's words are left out, whatever their SQLSTATE`(state: String) {
    let fields = LoggedError.fields(postgres(state))
    #expect(fields["sqlstate"] == .string(state) && fields["connection"] == "target connection 1")
    #expect("\(fields["error"] ?? "")".contains("(SQLSTATE \(state))"))
    #expect(!"\(fields)".contains("geheim"))
  }

  @Test func `names stay where the server itself reports a constraint`() {
    var error = postgres("23514", routine: "ExecConstraints")
    (error.table, error.column, error.constraint) = ("person", "age", "grown_up")
    let fields = LoggedError.fields(error)
    #expect(fields["relation"] == "person" && fields["column"] == "age" && fields["constraint"] == "grown_up")
    #expect(
      fields["error"] == "integrity constraint violation, constraint grown_up, table person (SQLSTATE 23514)")
    #expect(!"\(fields)".contains("geheim"))
  }

  @Test func `what a class says nothing of is told by its own name`() {
    #expect(postgres("55P03").messageWithoutValues == "lock not available (SQLSTATE 55P03)")
    #expect(postgres("57014").messageWithoutValues == "query canceled (SQLSTATE 57014)")
  }

  @Test func `a class that the manual does not know is told by its SQLSTATE`() {
    #expect(postgres("45000").messageWithoutValues == "the server refused it (SQLSTATE 45000)")
  }

  @Test func `libpq's own words stay`() {
    let lost = PostgresError(kind: .connectionLost, connection: "target", message: "server closed the connection")
    #expect(lost.messageWithoutValues == "server closed the connection")
    let refused = PostgresError(
      kind: .cannotConnect, connection: "target", sqlState: "28P01", message: "password authentication failed")
    #expect(refused.messageWithoutValues == "password authentication failed")
  }

  @Test func `what a table failed by keeps our words`() {
    let error = SyncError(postgres("22P02"), table: nil, while: "merged")
    #expect(error.message.contains("geheim"))
    #expect(error.messageWithoutValues == "could not be merged: data exception (SQLSTATE 22P02)")
    #expect(LoggedError.fields(error)["error"] == "could not be merged: data exception (SQLSTATE 22P02)")
  }

  @Test func `where our words do not quote the server's as they are, all of them are left out`() {
    var error = SyncError(postgres("22P02"), table: nil, while: "merged")
    error.message = "it said geheim"
    #expect(error.messageWithoutValues == "data exception (SQLSTATE 22P02)")
  }

  @Test func `every event is in the documentation, with its name`() throws {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let text = try String(contentsOfFile: "/\(root)/docs/reference/log-events.md", encoding: .utf8)
    for event in RunLog.Event.allCases { #expect(text.contains("| `\(event.rawValue)` |"), "\(event)") }
  }
}
