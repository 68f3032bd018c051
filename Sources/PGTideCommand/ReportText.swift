import PGTide
import TerminalProgress

/// A report as a person wants to read it.
struct ReportText {
  private let report: SyncReport
  private let width: Int?

  /// - Parameter width: columns of the screen that the table may take; what can be spared is left out where it has no room.
  init(_ report: SyncReport, width: Int? = nil) {
    self.report = report
    self.width = width
  }

  var text: String {
    var parts = [table.text]
    if let look = lookAt { parts.append("To look at:\n" + look) }
    parts.append(closing)
    if let proof = report.proof { parts.append(CheckText(proof).proof(ofRun: report.runID)) }
    return parts.joined(separator: "\n\n")
  }

  /// One line for a table that is through, such as `64,542 read, 50 updated, 64,492 unchanged`.
  static func line(_ table: TableReport, isDryRun: Bool = false) -> String {
    switch table.status {
    case .failed, .skipped, .stopped: return table.error?.split(separator: "\n").first.map(String.init) ?? "failed"
    case .success, .partial: break
    }
    let counts = table.counts
    let named = [
      (counts.inserted, isDryRun ? "to insert" : "inserted"), (counts.updated, isDryRun ? "to update" : "updated"),
      (counts.unchanged, "unchanged"),
      (counts.protected, "protected"), (counts.rejected, "rejected"),
      (counts.deleted, isDryRun ? "to delete" : "deleted"),
    ]
    let parts = named.filter { $0.0 > 0 }.map { "\(HumanFormat.count($0.0)) \($0.1)" }
    return (["\(HumanFormat.count(counts.read)) read"] + parts).joined(separator: ", ")
  }

  static func style(_ table: TableReport) -> FinishStyle {
    switch table.status {
    case .success: .success
    case .partial, .skipped: .warning
    case .failed, .stopped: .failure
    }
  }

  /// What is said with `--quiet`.
  var quiet: [String] {
    let proof = report.proof.flatMap { proof in
      [.level, .rejects].contains(proof.outcome) ? nil : CheckText(proof).proof(ofRun: report.runID)
    }
    return [failures, report.spill?.kept, warnings, newRewrites, proof].compactMap(\.self)
  }

  /// The tables that did not land; `nil` when all did.
  var failures: String? {
    let lines =
      [report.error].compactMap(\.self)
      + report.tables.filter { $0.status != .success && $0.status != .partial }
      .map { "\($0.table): \($0.error ?? $0.status.rawValue)" }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }

  /// What a trigger rewrote in this run; `nil` where none did. Later runs, which leave such rows alone, are quiet.
  var newRewrites: String? {
    let lines = report.tables.compactMap { table in
      table.rewrites.flatMap { $0.written > 0 ? "\(table.table): \($0.remark)" : nil }
    }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }

  /// What is likely to be a mistake, of the run and of its tables; `nil` where nothing is.
  var warnings: String? {
    let lines = report.warnings + report.tables.flatMap { table in table.warnings.map { "\(table.table): \($0)" } }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }

  /// What has come of the run, in a line, where nothing else can be told.
  var landed: String {
    let landed = report.tables.count { $0.status == .success || $0.status == .partial }
    let what = report.isDryRun ? "nothing was to be written (dry run)" : "what had landed stays"
    return "Run \(report.runID): \(what); \(landed) of \(Self.tables(report.tables.count)) "
      + "\(report.isDryRun ? "were compared" : "landed"), as pgtide.runs and pgtide.run_tables tell (exit code "
      + "\(PGTideExit(report.outcome).rawValue) otherwise)."
  }

  private var table: TextTable {
    var table = TextTable(
      [
        .left("table"), .right("read"), .right(report.isDryRun ? "to insert" : "inserted"),
        .right(report.isDryRun ? "to update" : "updated"), .right("unchanged"), .right("protected"),
        .right("rejected"),
      ] + (deletes ? [.right(report.isDryRun ? "to delete" : "deleted")] : []) + [
        .spare("seconds"), .spare("rows/s"), .left(""),
      ], width: width)
    for row in report.tables {
      let hasLanded = row.status == .success || row.status == .partial
      let speed = hasLanded ? Self.speed(row.counts, row.seconds) : ["-", "-"]
      table.add([row.table] + cells(row.counts) + speed + [hasLanded ? "" : row.status.rawValue])
    }
    table.addRule()
    table.add(["total"] + cells(report.totals) + Self.speed(report.totals, report.seconds) + [""])
    return table
  }

  /// Most runs delete nothing.
  private var deletes: Bool { report.totals.deleted > 0 }

  private func cells(_ counts: RowCounts) -> [String] {
    ([counts.read, counts.inserted, counts.updated, counts.unchanged, counts.protected, counts.rejected]
      + (deletes ? [counts.deleted] : [])).map(HumanFormat.count)
  }

  private static func speed(_ counts: RowCounts, _ seconds: Double) -> [String] {
    let tenths = Int((seconds * 100).rounded())
    let text = "\(tenths / 100).\(tenths % 100 < 10 ? "0" : "")\(tenths % 100)"
    return [text, seconds > 0 && counts.read > 0 ? HumanFormat.count(Int(Double(counts.read) / seconds)) : "-"]
  }

  /// Everything that is not plainly well.
  private var lookAt: String? {
    var lines = [report.error].compactMap(\.self) + report.warnings
    lines += Self.together(report.tables.flatMap { table in Self.remarks(table).map { (table.table, $0) } })
    let reasons = Set(report.tables.flatMap(\.rejectReasons.keys)).compactMap(RejectReason.init(words:))
    lines += RejectReason.allCases.filter(reasons.contains).map { "\($0.words): \($0.advice)" }
    if report.totals.rejected > 0 {
      lines.append("The rejected rows: SELECT * FROM pgtide.rejects WHERE run_id = \(report.runID)")
    }
    if report.tables.contains(where: { $0.protectedDifferent ?? 0 > 0 }) {
      lines.append("The protected rows that differ, to be settled by hand: SELECT * FROM pgtide.protected")
    }
    lines += report.notices
    return lines.isEmpty ? nil : lines.map { "  - " + $0.replacing("\n", with: "\n    ") }.joined(separator: "\n")
  }

  private static func remarks(_ table: TableReport) -> [String] {
    var lines = [table.error].compactMap(\.self) + table.warnings
    for (reason, count) in table.rejectReasons.sorted(by: { $0.key < $1.key }) {
      lines.append("\(HumanFormat.count(count)) rejected: \(reason)")
    }
    if let rows = table.protectedDifferent, rows > 0 {
      let left = rows > ProtectedSQL.limit ? ", of which \(HumanFormat.count(ProtectedSQL.limit)) are listed" : ""
      let what = rows == 1 ? "1 protected row differs" : "\(HumanFormat.count(rows)) protected rows differ"
      lines.append("\(what) from the source's\(left)")
    }
    lines += [table.keyCache.flatMap(heldBack), table.rewrites?.remark].compactMap(\.self)
    if table.retries > 0 {
      let times = table.retries == 1 ? "once" : "\(table.retries) times"
      lines.append("tried again \(times), last after: \(table.retryCause ?? "an error")")
    }
    return lines + table.notices
  }

  /// One line for what is said of several tables in the same words, where the first of them stands.
  private static func together(_ remarks: [(table: String, text: String)]) -> [String] {
    let tables = Dictionary(grouping: remarks, by: \.text).mapValues { $0.map(\.table) }
    var told: Set<String> = []
    return remarks.compactMap { table, text in
      guard let names = tables[text], names.count > 2 else { return "\(table): \(text)" }
      guard told.insert(text).inserted else { return nil }
      let more = names.count > 3 ? " and \(HumanFormat.count(names.count - 3)) more" : ""
      return "\(names.prefix(3).joined(separator: ", "))\(more): \(text)"
    }
  }

  /// `nil` where nothing was held back.
  private static func heldBack(_ report: KeyCacheReport) -> String? {
    guard report.rowsHeldBack > 0 else { return nil }
    let saved = report.bytesSaved > 0 ? ", which saved \(HumanFormat.bytes(report.bytesSaved))" : ""
    return
      "\(HumanFormat.rows(report.rowsHeldBack)) without a parent \(report.rowsHeldBack == 1 ? "was" : "were") held back, after "
      + "\(HumanFormat.count(report.keysAsked)) keys had been asked for\(saved)"
  }

  static func tables(_ count: Int) -> String { count == 1 ? "1 table" : "\(HumanFormat.count(count)) tables" }

  private var closing: String {
    let landed = report.tables.count { $0.status == .success || $0.status == .partial }
    let verb = report.isDryRun ? "compared, nothing written (dry run)" : "landed"
    let analyzed = report.tables.count(where: \.isAnalyzed)
    var parts = ["Run \(report.runID): \(landed) of \(Self.tables(report.tables.count)) \(verb)"]
    parts.append("\(HumanFormat.bytes(report.bytes)) moved")
    if report.totals.matched > 0 {
      parts.append(
        "\(HumanFormat.rows(report.totals.matched)) left out, because \(report.totals.matched == 1 ? "its" : "their") digests are the same"
      )
    }
    if let spill = report.spill {
      parts.append(
        "\(HumanFormat.bytes(spill.bytes)) in \(HumanFormat.count(spill.chunks)) "
          + "\(spill.chunks == 1 ? "chunk" : "chunks") over the disk (\(HumanFormat.bytes(spill.compressedBytes)) there)"
      )
    }
    parts.append("\(HumanFormat.bytes(report.peakMemory)) of memory at most")
    parts.append("\(HumanFormat.count(report.roundTrips.target)) sequential round trips to the target")
    let direct = report.tables.count(where: \.isLoadedDirectly)
    if direct > 0 { parts.append("\(Self.tables(direct)) loaded without a stage") }
    let indexes = report.tables.compactMap(\.indexesRebuilt).reduce(0, +)
    if indexes > 0 { parts.append("\(HumanFormat.count(indexes)) \(indexes == 1 ? "index" : "indexes") rebuilt") }
    if analyzed > 0 { parts.append("\(Self.tables(analyzed)) analyzed") }
    return parts.joined(separator: ", ") + "."
  }
}
