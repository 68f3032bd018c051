import FoundationEssentials

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Reports and plans as a run would make them.
enum Sample {
  /// Counts with `read` rows, all of them accounted for by what is named and the rest unchanged.
  static func counts(
    read: Int = 0, inserted: Int = 0, updated: Int = 0, protected: Int = 0, rejected: Int = 0
  ) -> RowCounts {
    var counts = RowCounts()
    counts.read = read
    counts.staged = read
    counts.inserted = inserted
    counts.updated = updated
    counts.protected = protected
    counts.rejected = rejected
    counts.unchanged = read - inserted - updated - protected - rejected
    return counts
  }

  /// Made from JSON: a report by itself is only ever made from a plan.
  static func table(
    _ name: String, _ status: TableReport.Status = .success, _ counts: RowCounts = RowCounts(), seconds: Double = 0,
    rejectReasons: [RejectReason: Int] = [:], isAnalyzed: Bool = false, isLoadedDirectly: Bool = false,
    error: String? = nil, notices: [String] = [], warnings: [String] = []
  ) throws -> TableReport {
    let json = """
      {"table": "\(name)", "source": "public.\(name)", "status": "\(status.rawValue)", "reject_reasons": {}, "bytes": 0,
       "chunks": 1, "copy_format": "binary", "extract_seconds": 0, "delta_seconds": 0, "merge_seconds": \(seconds), "attempts": 1, "retries": 0,
       "is_analyzed": \(isAnalyzed), "is_loaded_directly": \(isLoadedDirectly), "notices": [], "warnings": [], "counts": {"read": 0, "matched": 0, "staged": 0,
       "inserted": 0, "updated": 0, "unchanged": 0, "rewritten": 0, "protected": 0, "rejected": 0,
       "deleted": 0, "kept": 0}}
      """
    var report = try JSONDecoder().decode(TableReport.self, from: Data(json.utf8))
    report.counts = counts
    report.rejectReasons = Dictionary(uniqueKeysWithValues: rejectReasons.map { ($0.key.words, $0.value) })
    report.error = error
    report.notices = notices
    report.warnings = warnings
    return report
  }

  static func report(
    _ tables: [TableReport], isDryRun: Bool = false, notices: [String] = [], warnings: [String] = []
  ) -> SyncReport {
    var totals = RowCounts()
    for table in tables { totals += table.counts }
    return SyncReport(
      runID: "42", outcome: SyncReport.Outcome(tables), flow: "forward", mode: "full", isDryRun: isDryRun,
      isAtomic: false, jobs: 2, chunkBytes: 16 << 20, bufferBytes: 256 << 10, copyFormat: .binary, keyCache: .off,
      tables: tables, totals: totals, bytes: 1_234_567, seconds: 2, roundTrips: RoundTripReport(source: 9, target: 42),
      peakMemory: 30_000_000, notices: notices, warnings: warnings)
  }

  static func plan(
    _ flow: String, _ tables: [PlanSummary.Table], notices: [String] = [], warnings: [String] = []
  ) throws -> PlanSummary {
    var plan = try JSONDecoder().decode(
      PlanSummary.self, from: Data(#"{"flow": "", "tables": [], "notices": [], "warnings": []}"#.utf8))
    (plan.flow, plan.tables, plan.notices, plan.warnings) = (flow, tables, notices, warnings)
    return plan
  }

  static func planned(_ name: String) -> PlanSummary.Table {
    PlanSummary.Table(
      table: name, source: "public.\(name)", parents: [], together: [], key: ["id"], origin: nil,
      columns: [PlanSummary.Column(name: "id", type: "integer", from: "src.\"id\"", fits: nil)], references: [],
      integrity: nil, load: "directly, if it is empty", digest: "none: it is empty",
      duplicates: "all rows of the key are rejected", deletes: "keep",
      copyFormat: .binary, chunks: 1,
      oneStreamBecause: nil, estimatedRows: nil, bytes: 0,
      notices: [],
      sql: [
        statement("Into the stage", "source", "read the rows", "COPY one"),
        statement("Into the stage", "source", "read the rows", "COPY two"),
        statement("Merge", "target", "update what differs", "UPDATE t\n  SET a", only: "if there is any"),
        statement("In parts", "target", "update once more", "UPDATE t\n  SET a", partOnly: "if rows were refused"),
      ])
  }

  private static func statement(
    _ part: String, _ end: String, _ purpose: String, _ sql: String, partOnly: String? = nil, only: String? = nil
  ) -> PlanSummary.Statement {
    PlanSummary.Statement(part: part, partOnly: partOnly, end: end, purpose: purpose, only: only, sql: sql)
  }
}
