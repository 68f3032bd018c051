import PGTide
import TerminalProgress

/// What `inspect` found, as a person wants to read it.
struct InspectText {
  private let report: InspectReport

  init(_ report: InspectReport) { self.report = report }

  var text: String {
    var parts = [ends]
    parts += report.tables.map(text)
    if !report.problems.isEmpty { parts.append(report.problems.map { "Problem: \($0)" }.joined(separator: "\n")) }
    parts.append(
      [
        stampLine("created", report.withoutCreated), stampLine("updated", report.withoutUpdated),
      ].joined(separator: "\n"))
    return parts.joined(separator: "\n\n")
  }

  private var ends: String {
    [("source", report.source), ("target", report.target)].map { name, end in
      let server = end.version.map { "PostgreSQL \($0), database \(end.database ?? ""), as \(end.user ?? "")" }
      let error = end.error.map { "could not be read: \($0.replacing("\n", with: "\n        "))" }
      return "\(name)  \([server, error].compactMap(\.self).joined(separator: "; "))"
    }.joined(separator: "\n")
  }

  private func stampLine(_ kind: String, _ names: InspectReport.Names) -> String {
    func list(_ names: [String], _ end: InspectReport.End) -> String {
      end.error != nil ? "not known" : names.isEmpty ? "none" : names.joined(separator: ", ")
    }
    return "Tables without a stamp of when rows were \(kind): source: \(list(names.source, report.source)); "
      + "target: \(list(names.target, report.target))"
  }

  // MARK: - A table

  private func text(_ table: InspectReport.Table) -> String {
    var text = TextTable([.left(table.table), .left("source"), .left("target")])
    func add(_ title: String, _ cell: (InspectReport.Side) -> [String]) {
      let (here, there) = (table.source.map(cell) ?? [], table.target.map(cell) ?? [])
      for line in 0..<max(here.count, there.count) {
        text.add(
          [
            line == 0 ? title : "", here.indices.contains(line) ? here[line] : "",
            there.indices.contains(line) ? there[line] : "",
          ])
      }
    }
    text.add(
      ["  relation", relation(table.source, report.source), relation(table.target, report.target)])
    add("  rows") { [rows($0)] }
    add("  size") { [$0.bytes.map(HumanFormat.bytes) ?? "-"] }
    add("  primary key") { [$0.primaryKey?.joined(separator: ", ") ?? "none"] }
    add("  unique") { $0.uniqueKeys.map { "\($0.columns.joined(separator: ", "))\($0.isPartial ? " (partial)" : "")" } }
    add("  foreign key") { side in
      side.foreignKeys.map {
        "\($0.columns.joined(separator: ", ")) -> \($0.parent) (\($0.parentColumns.joined(separator: ", ")))"
      }
    }
    add("  trigger", \.triggers)
    add("  stamp") { $0.stamps.map(stamp) }
    // A view, a foreign table and a query have none.
    add("  analyzed") { $0.deadRows == nil ? [] : [$0.lastAnalyzed ?? "never"] }
    add("  dead rows") { $0.deadRows.map { [HumanFormat.count($0)] } ?? [] }
    if !table.columns.isEmpty { text.add(["  columns", "", ""]) }
    for column in table.columns {
      text.add(
        [
          "    \(column.name)", cell(column.source, column, table.source), cell(column.target, column, table.target),
        ])
    }
    var lines = [text.text]
    if let way = table.findsBy {
      lines.append("  what changed is found by \(way.rawValue)\(table.findsBecause.map { ": \($0)" } ?? "")")
    }
    lines += table.problems.map { "  problem: \($0.replacing("\n", with: "\n    "))" }
    return lines.joined(separator: "\n")
  }

  private func relation(_ side: InspectReport.Side?, _ end: InspectReport.End) -> String {
    guard let side else { return end.error == nil ? "MISSING" : "not known" }
    return side.kind == "query" ? side.relation : "\(side.relation), \(side.kind)"
  }

  private func rows(_ side: InspectReport.Side) -> String {
    if let rows = side.rows { return HumanFormat.count(rows) }
    let estimate = side.estimatedRows.map { "about \(HumanFormat.count($0))" } ?? "not known"
    return side.countError.map { "\(estimate) (not counted: \($0))" } ?? estimate
  }

  private func stamp(_ stamp: InspectReport.Stamp) -> String {
    var parts = [stamp.kind, stamp.defaultValue.map { "DEFAULT \($0)" } ?? "no default"]
    if stamp.kind == "updated" { parts.append(stamp.keptBy.map { "kept by trigger \($0)" } ?? "kept by no trigger") }
    if let nulls = stamp.nulls { parts.append("\(HumanFormat.count(nulls)) NULL") }
    return "\(stamp.column): \(parts.joined(separator: ", "))"
  }

  private func cell(
    _ side: InspectReport.ColumnSide?, _ column: InspectReport.Column, _ table: InspectReport.Side?
  ) -> String {
    guard let side else {
      // An end that has no such table has no columns either.
      guard table != nil else { return "" }
      return column.note.map { "(\($0))" } ?? "MISSING"
    }
    let parts: [String?] = [
      side.name == column.name ? nil : "\(side.name):", side.type, side.isNotNull ? "NOT NULL" : nil,
      side.defaultValue.map { "DEFAULT \($0)" }, side.identity.map { "IDENTITY \($0.uppercased())" },
      side.generated.map { "GENERATED (\($0))" }, column.note.map { "(\($0))" },
    ]
    return parts.compactMap(\.self).joined(separator: " ")
  }
}
