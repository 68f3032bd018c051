import Postgres
import TerminalProgress

/// Shows statements as they happen, for `--debug`. No bound value and no row stands in them.
enum DebugTrace {
  static let print: StatementTracer = { trace in
    var line = "[\(trace.connection)] \(HumanFormat.duration(trace.duration))"
    if trace.isPipelined { line += " (in a batch)" }
    if let rows = trace.rows { line += ", \(HumanFormat.rows(rows))" }
    if let failure = trace.failure { line += ", FAILED: \(failure)" }
    let statement = trace.statement.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
    // Their texts may quote a row.
    if !trace.warnings.isEmpty { line += ", \(trace.warnings.count) notices or warnings of the server" }
    Console.error("\(line)\n\(statement)")
  }
}
