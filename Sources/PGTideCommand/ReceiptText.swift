import PGTide

/// Whether the ends have moved, as a person wants to read it.
struct ReceiptText {
  private let report: ReceiptReport

  init(_ report: ReceiptReport) { self.report = report }

  var text: String { [table.text, lookAt, closing].compactMap(\.self).joined(separator: "\n\n") }

  private var table: TextTable {
    var table = TextTable([.left("table"), .left("then"), .left("source"), .left("target")])
    for row in report.tables {
      table.add([row.table, row.wasLevel ? "level" : "not level", row.source.rawValue, row.target.rawValue])
    }
    return table
  }

  private var lookAt: String? {
    let lines = report.tables.compactMap { table in table.reason.map { "\(table.table): \($0)" } } + report.notices
    return lines.isEmpty
      ? nil : "To look at:\n" + lines.map { "  - " + $0.replacing("\n", with: "\n    ") }.joined(separator: "\n")
  }

  private var closing: String {
    let since = "since run \(report.run), which ended at \(report.provedAt)"
    switch report.outcome {
    case .unmoved: return "Neither end has moved \(since)."
    case .moved:
      let ends = [("the source", \ReceiptReport.Table.source), ("the target", \ReceiptReport.Table.target)]
      let moved = ends.filter { end in report.tables.contains { $0[keyPath: end.1] == .moved } }.map(\.0)
      return "\(moved.count == 2 ? "Both ends have" : "Only \(moved.joined()) has") moved \(since)."
    case .partial: return "Of some tables it cannot be told whether they have moved \(since)."
    case .failed: return "It cannot be told whether anything has moved \(since)."
    }
  }
}
