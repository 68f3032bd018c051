import PGTide
import TerminalProgress

/// A plan as a person wants to read it.
struct PlanText {
  private let plan: PlanSummary
  private let showsSQL: Bool

  init(_ plan: PlanSummary, showsSQL: Bool) {
    self.plan = plan
    self.showsSQL = showsSQL
  }

  var text: String {
    var parts = ["Flow \(plan.flow): \(ReportText.tables(plan.tables.count)), in this order."]
    parts += plan.tables.enumerated().map { index, table in tableText(index + 1, table) }
    if !plan.warnings.isEmpty { parts.append(plan.warnings.map { "Warning: \($0)" }.joined(separator: "\n")) }
    if !plan.notices.isEmpty { parts.append(plan.notices.map { "Note: \($0)" }.joined(separator: "\n")) }
    return parts.joined(separator: "\n\n")
  }

  private func tableText(_ number: Int, _ table: PlanSummary.Table) -> String {
    var lines = ["\(number). \(table.table)  <-  \(table.source)\(size(table))"]
    lines.append("   key         \(table.key.joined(separator: ", "))")
    let orNull = table.nullMarker == NullMarkerRule.protected.rawValue ? "" : ", or NULL"
    lines.append("   ours        \(table.origin.map { "\($0)\(orNull)" } ?? "every row")")
    lines.append("   columns     \(columns(table))")
    for column in table.columns where column.fits != nil {
      lines.append("               \(column.name): values that are not \(column.type) are rejected")
    }
    if !table.parents.isEmpty { lines.append("   after       \(table.parents.joined(separator: ", "))") }
    if !table.together.isEmpty { lines.append("   together    with \(table.together.joined(separator: ", "))") }
    for reference in table.references { lines.append("   refers      \(reference)") }
    if let integrity = table.integrity { lines.append("   integrity   \(integrity)") }
    lines.append("   load        \(table.load)")
    lines.append("   digest      \(table.digest)")
    if !table.triggers.isEmpty {
      lines.append(
        "   triggers    \(table.triggers.joined(separator: ", ")) (what they rewrite is told, and written once)")
    }
    lines.append("   duplicates  \(table.duplicates)")
    if table.deletes != "keep" { lines.append("   deletes     \(table.deletes)") }
    if let changes = table.changedBy { lines.append("   changed by  \(changes)") }
    let pieces =
      table.oneStreamBecause.map { "one stream (\($0))" }
      ?? (table.chunks == 1 ? "read whole" : "\(table.chunks), by page ranges")
    lines.append("   chunks      \(pieces), \(table.copyFormat == .binary ? "in binary" : "as text")")
    if let profile = table.profile { lines += profileLines(profile) }
    lines += table.warnings.map { "   warning     \($0)" }
    lines += table.notices.map { "   note        \($0)" }
    if showsSQL { lines += StatementsText(table.sql).lines.map { $0.isEmpty ? "" : "   \($0)" } }
    return lines.joined(separator: "\n")
  }

  private func profileLines(_ profile: PlanSummary.Profile) -> [String] {
    let rejected = profile.rows - profile.goIn
    let end = rejected == 0 ? "all go in" : "\(HumanFormat.count(profile.goIn)) go in, and these do not:"
    let rejects = profile.rejected.map { reject in
      "\(HumanFormat.count(reject.rows)) \(reject.reason)\(reject.about.isEmpty ? "" : ": \(reject.about)")"
    }
    let unmeasured = profile.unmeasured.map { "not measured: \($0)" }
    return ["   profile     \(HumanFormat.rows(profile.rows)), \(end)"]
      + (rejects + unmeasured).map { "               \($0)" }
  }

  private func size(_ table: PlanSummary.Table) -> String {
    let rows = table.estimatedRows.map { "about \(HumanFormat.rows($0))" }
    let bytes = table.bytes > 0 ? HumanFormat.bytes(table.bytes) : nil
    let parts = [rows, bytes].compactMap(\.self)
    return parts.isEmpty ? "" : "  (\(parts.joined(separator: ", ")))"
  }

  /// Names of columns that are copied as they are, and what the others get.
  private func columns(_ table: PlanSummary.Table) -> String {
    table.columns.map { column in
      column.from == "src.\"\(column.name)\"" ? column.name : "\(column.name) (from \(column.from))"
    }.joined(separator: ", ")
  }
}
