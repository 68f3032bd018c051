import Postgres
import TerminalProgress

/// Shows statements as they happen, for `--debug`. Bound values do not stand in them.
enum DebugTrace {
  static let print: StatementTracer = { trace in
    var line = "[\(trace.connection)] \(HumanFormat.duration(trace.duration))"
    if trace.isPipelined { line += " (in a batch)" }
    if let rows = trace.rows { line += ", \(HumanFormat.count(rows)) rows" }
    if let failure = trace.failure { line += ", FAILED: \(failure)" }
    let statement = trace.statement.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
    let warnings = trace.warnings.map { "\n    -- the server warns: \($0)" }.joined()
    Console.error("\(line)\n\(statement)\(warnings)")
  }
}
