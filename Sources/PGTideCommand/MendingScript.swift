import PGTide
import TerminalProgress

/// The statements of a check as a script for psql.
struct MendingScript {
  private let report: CheckReport

  init(_ report: CheckReport) { self.report = report }

  var text: String {
    var lines = [
      "-- What would make the target level with the source, as pgtide check has found it. Look at it before you run it:",
      "-- a sync does more, and checks more. What only the target has is a comment: who refers to it is not looked at.",
      "SET client_encoding = 'UTF8';", "SET array_nulls = on;", "SET xmloption = content;", "BEGIN;",
      "SET CONSTRAINTS ALL DEFERRED;",
    ]
    // Parents stand first; their rows go last.
    for table in report.tables { lines += part(table, [.differs, .sourceOnly]) }
    for table in report.tables.reversed() { lines += part(table, [.targetOnly]) }
    lines.append("COMMIT;")
    for table in report.tables {
      if let error = table.error { lines += comment("\(table.table) was not compared: \(error)") }
      if table.linesLeftOut > 0 {
        lines += comment("\(table.table): \(HumanFormat.rows(table.linesLeftOut)) more (--limit)")
      }
      let unknown = table.lines.count { $0.sql == nil && [.differs, .sourceOnly].contains($0.kind) }
      if unknown > 0 {
        lines += comment(
          "\(table.table): \(HumanFormat.rows(unknown)) left to a sync, for want of a key to name them by, or of a value from a row "
            + "that it makes before")
      }
      let left = table.protected + table.rejected + table.rewritten + table.changing
      if left > 0 {
        lines += comment(
          "\(table.table): \(HumanFormat.rows(left)) left alone, being protected, rewritten, rejected or changing")
      }
    }
    return lines.joined(separator: "\n")
  }

  private func part(_ table: TableCheck, _ kinds: [DifferenceKind]) -> [String] {
    let statements = table.lines.filter { kinds.contains($0.kind) }.compactMap(\.sql)
    guard !statements.isEmpty else { return [] }
    let all = kinds == [.targetOnly] ? statements.flatMap(comment) : statements
    return comment(table.table) + (table.settings ?? []) + all
  }

  /// No line of it is anything else to psql, whatever breaks it.
  private func comment(_ text: String) -> [String] {
    text.unicodeScalars.split { $0 == "\n" || $0 == "\r" }.map { "-- \(String(String.UnicodeScalarView($0)))" }
  }
}
