import PGTide

/// The statements of a check as a script for psql.
struct MendingScript {
  private let report: CheckReport
  private let deletes: Bool

  /// - Parameter deletes: rows are deleted, too; otherwise these statements are comments.
  init(_ report: CheckReport, deletes: Bool) {
    self.report = report
    self.deletes = deletes
  }

  var text: String {
    var lines = [
      "-- What would make the target level with the source, as pgtide check has found it. Look at it before you run it:",
      "-- a sync does the same, and checks more.", "BEGIN;", "SET CONSTRAINTS ALL DEFERRED;",
    ]
    // Parents stand first; their rows go last.
    for table in report.tables { lines += part(table, [.differs, .sourceOnly]) }
    for table in report.tables.reversed() { lines += part(table, [.targetOnly]) }
    lines.append("COMMIT;")
    for table in report.tables {
      if let error = table.error { lines += comment("\(table.table) was not compared: \(error)") }
      if table.linesLeftOut > 0 { lines += comment("\(table.table): \(table.linesLeftOut) rows more (--limit)") }
      let left = table.protected + table.rejected + table.rewritten + table.changing
      if left > 0 {
        lines += comment(
          "\(table.table): \(left) rows are left alone, because they are protected, rewritten, rejected or changing")
      }
    }
    return lines.joined(separator: "\n")
  }

  private func part(_ table: TableCheck, _ kinds: [DifferenceKind]) -> [String] {
    let statements = table.lines.filter { kinds.contains($0.kind) }.compactMap(\.sql)
    guard !statements.isEmpty else { return [] }
    let isComment = kinds == [.targetOnly] && !deletes
    return comment(table.table) + (table.settings ?? []) + statements.map { isComment ? "-- \($0)" : $0 }
  }

  private func comment(_ text: String) -> [String] { text.split(separator: "\n").map { "-- \($0)" } }
}
