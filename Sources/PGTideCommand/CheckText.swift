import PGTide
import TerminalProgress

/// The result of a check as a person wants to read it.
struct CheckText {
  private let report: CheckReport

  init(_ report: CheckReport) { self.report = report }

  var text: String {
    [table.text, differences, lookAt, closing].compactMap(\.self).joined(separator: "\n\n")
  }

  /// What is said behind a run that has looked at both ends once more.
  func proof(ofRun run: String) -> String {
    switch report.outcome {
    case .level, .rejects:
      return "Proved: \(closing) Has either end moved since? pgtide check --receipt \(run)"
    case .different:
      return [table.text, differences, "Not proved: \(closing)"].compactMap(\.self).joined(separator: "\n\n")
    case .partial:
      let level = report.tables.count { $0.status == .level }
      let differs = report.tables.contains { $0.status == .different }
      let part = level > 0 ? "Proved of \(ReportText.tables(level)) only" : "Not proved"
      return [differs ? table.text : nil, differences, lookAt, "\(part): \(closing)"].compactMap(\.self)
        .joined(separator: "\n\n")
    case .failed: return [lookAt, "Not proved: \(closing)"].compactMap(\.self).joined(separator: "\n\n")
    }
  }

  /// What is said with `--quiet`: the rows that differ, and what could not be compared.
  var quiet: String {
    let failed = report.tables.compactMap { table in table.error.map { "\(table.table): \($0)" } }
    return ([differences].compactMap(\.self) + failed + report.warnings).joined(separator: "\n")
  }

  private var table: TextTable {
    let counts: [(String, KeyPath<TableCheck, Int>)] = [
      ("level", \.level), ("differ", \.differ), ("only on source", \.sourceOnly), ("only on target", \.targetOnly),
      ("protected", \.protected), ("rewritten", \.rewritten), ("rejected", \.rejected), ("changing", \.changing),
    ]
    let always = 5
    // What is rare is shown where it occurs.
    let shown = counts.enumerated().filter { place, count in
      place < always || report.tables.contains { $0[keyPath: count.1] > 0 }
    }.map(\.element)
    var table = TextTable([.left("table")] + shown.map { .right($0.0) } + [.left("")])
    for row in report.tables {
      let cells =
        row.status == .failed ? shown.map { _ in "-" } : shown.map { HumanFormat.count(row[keyPath: $0.1]) }
      table.add([row.table] + cells + [row.status == .failed ? "not compared" : row.status.rawValue])
    }
    return table
  }

  private var differences: String? {
    let parts = report.tables.filter { !$0.lines.isEmpty || $0.linesLeftOut > 0 }.map { table in
      let lines = table.lines.map { "  \(Self.line($0))" }
      let rest = table.linesLeftOut
      let more = rest > 0 ? ["  … \(HumanFormat.count(rest)) more \(rest == 1 ? "row" : "rows") (--limit)"] : []
      return ([table.table] + lines + more).joined(separator: "\n")
    }
    return parts.isEmpty ? nil : parts.joined(separator: "\n\n")
  }

  /// Such as `* id=5: name, street`.
  static func line(_ difference: RowDifference) -> String {
    var line = "\(difference.sign) \(cells(difference.key, separator: " "))"
    switch difference.kind {
    case .protected: line += " (protected)"
    case .rewritten: line += " (rewritten by a trigger)"
    case .changing: line += " (changed while looking)"
    case .rejected:
      let about = difference.about.map { " (\($0))" } ?? ""
      line += " rejected: \(difference.reason ?? "")\(about)"
    case .differs, .sourceOnly, .targetOnly: break
    }
    if let source = difference.source, let target = difference.target {
      let changes = zip(source, target).map { "\($0.column): \(text($1.value)) -> \(text($0.value))" }
      return line + ": " + changes.joined(separator: ", ")
    }
    if let values = difference.source ?? difference.target {
      let others = values.filter { value in !difference.key.contains { $0.column == value.column } }
      return others.isEmpty ? line : line + ": " + cells(others, separator: ", ")
    }
    return difference.columns.isEmpty ? line : line + ": " + difference.columns.joined(separator: ", ")
  }

  private static func cells(_ values: [RowDifference.Value], separator: String) -> String {
    values.map { "\($0.column)=\(text($0.value))" }.joined(separator: separator)
  }

  /// Quoted where it could be taken for something else; always in one line.
  private static func text(_ value: String?) -> String {
    guard let value else { return "NULL" }
    let marks = "-+.:_/".unicodeScalars
    let isPlain = value.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isAlphabetic || scalar.properties.numericType != nil || marks.contains(scalar)
    }
    return isPlain && !value.isEmpty && value != "NULL" ? value : JSONText.string(value)
  }

  private var lookAt: String? {
    var lines = report.warnings + report.tables.compactMap { table in table.error.map { "\(table.table): \($0)" } }
    for table in report.tables {
      for (reason, count) in table.rejectReasons.sorted(by: { $0.key < $1.key }) {
        lines.append(
          "\(table.table): \(HumanFormat.rows(count)) cannot go into the target: "
            + reason)
      }
    }
    lines += report.notices
    return lines.isEmpty
      ? nil : "To look at:\n" + lines.map { "  - " + $0.replacing("\n", with: "\n    ") }.joined(separator: "\n")
  }

  /// Of rows that were another each time, nothing can be said.
  private var changing: String {
    let rows = report.tables.map(\.changing).reduce(0, +)
    return rows == 0 ? "" : ", but for \(HumanFormat.count(rows)) that changed while they were looked at"
  }

  private var closing: String {
    switch report.outcome {
    case .level: "Both ends are level\(changing)."
    case .rejects: "Both ends are level, but for rows that cannot go into the target\(changing)."
    case .different: "The two ends differ."
    case .partial: "Some tables could not be compared."
    case .failed: "No table could be compared."
    }
  }
}
