import FoundationEssentials

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer
@testable import PGTideTune

/// Reports in which every value is there, and none is like another.
enum SampleReport {
  static func sync() throws -> SyncReport {
    let tables = [table]
    return SyncReport(
      runID: "42", outcome: .partial, flow: "forward", mode: "full", isDryRun: true, isAtomic: true, jobs: 3,
      chunkBytes: 16 << 20, bufferBytes: 256 << 10, copyFormat: .text, keyCache: .on, tables: tables,
      totals: tables[0].counts, bytes: 1_234_567, seconds: 2.5, roundTrips: RoundTripReport(source: 9, target: 43),
      peakMemory: 30_000_000, spill: spill, error: "an error", errorSummary: "an error in short",
      notices: ["a notice"], warnings: ["a warning"], proof: check())
  }

  static func receipt() -> ReceiptReport {
    ReceiptReport(
      run: "42", provedAt: "2026-01-02 03:04:05+00",
      tables: [.init(table: "people", wasLevel: true, source: .moved, target: .unknown, reason: "it was altered")],
      seconds: 0.5, notices: ["a notice"])
  }

  static func check() -> CheckReport {
    var table = TableCheck(label: "hr.people", source: "public.people")
    table.comparison = .digestAndRows
    table.level = 90
    for (rows, kind) in DifferenceKind.allCases.enumerated() { table.add(kind, "null_key:id", rows + 1) }
    table.take([
      RowDifference(
        kind: .rejected, key: [.init(column: "id", value: nil)], columns: ["name"], reason: "NULL in the key",
        about: "id", source: [.init(column: "name", value: "Bob")], target: [.init(column: "name", value: "Ben")],
        sql: "UPDATE;")
    ])
    table.settings = ["SET LOCAL DateStyle = 'ISO, MDY';"]
    table.seconds = 0.25
    table.error = "an error"
    return CheckReport(
      outcome: .different, flow: "forward", tables: [table], seconds: 2.5, notices: ["a notice"],
      warnings: ["a warning"])
  }

  private static var table: TableReport {
    var report = TableReport(label: "hr.people")
    report.source = "public.people"
    report.status = .partial
    report.counts = counts
    report.rejectReasons = [RejectReason.allCases[0].words: 5]
    (report.bytes, report.chunks, report.attempts, report.retries) = (1_234_567, 4, 2, 3)
    (report.extractSeconds, report.deltaSeconds, report.mergeSeconds) = (0.5, 0.25, 0.125)
    report.copyFormat = .text
    report.retryCause = "a deadlock"
    report.integrity = "checked in sets"
    report.isLoadedDirectly = true
    report.indexesRebuilt = 6
    report.keyCache = keyCache
    report.rewrites = rewrites
    report.sequencesMoved = 23
    report.changedBy = ChangesReport(column: "changed_at", since: "2026-01-02 03:04:05+00", reason: "a reason")
    report.isAnalyzed = true
    (report.error, report.errorSummary) = ("it failed", "it failed, in short")
    (report.notices, report.warnings) = (["a notice of it"], ["a warning of it"])
    report.protectedDifferent = 5
    report.protectedByLook = 7
    report.brake = .tooMany
    return report
  }

  private static var counts: RowCounts {
    var counts = RowCounts()
    (counts.read, counts.matched, counts.staged) = (100, 10, 90)
    (counts.inserted, counts.updated, counts.unchanged, counts.rewritten) = (20, 30, 37, 2)
    (counts.protected, counts.rejected, counts.targetOnly) = (8, 4, 11)
    (counts.deleted, counts.kept) = (5, 6)
    return counts
  }

  private static var keyCache: KeyCacheReport {
    var report = KeyCacheReport()
    (report.keysAsked, report.rowsHeldBack, report.bytesSaved) = (12, 13, -14)
    return report
  }

  private static var rewrites: RewriteReport {
    var report = RewriteReport()
    (report.written, report.notRemembered, report.leftAlone) = (15, 16, 17)
    (report.columns, report.triggers) = (["name"], ["trim_name"])
    return report
  }

  private static var spill: SpillReport {
    SpillReport(
      directory: "/var/spill", chunks: 18, directChunks: 19, directBecause: "the limit was reached", rows: 20,
      bytes: 21, compressedBytes: 22, resumedRun: "41", isKept: true)
  }

  static func inspect() throws -> InspectReport {
    let side = """
      {"relation": "hr.people", "kind": "table", "primary_key": ["id"], "estimated_rows": 100, "rows": 101,
       "count_error": "no", "bytes": 8192, "triggers": ["touch"], "last_analyzed": "2026-01-01T00:00:00Z", "dead_rows": 3,
       "unique_keys": [{"name": "people_name", "columns": ["name"], "is_partial": true}],
       "foreign_keys": [{"name": "team", "columns": ["team_id"], "parent": "hr.teams", "parent_columns": ["id"]}],
       "stamps": [{"column": "made", "kind": "created", "default": "now()", "kept_by": "touch", "nulls": 4}]}
      """
    let column = """
      {"name": "id", "type": "integer", "is_not_null": true, "default": "7", "identity": "always", "generated": "n + 1"}
      """
    let end = #"{"version": "15.4", "database": "office", "user": "reader", "error": "an error"}"#
    let json = """
      {"flow": "forward", "source": \(end), "target": \(end), "problems": ["a problem"],
       "without_created": {"source": ["a"], "target": ["b"]}, "without_updated": {"source": ["c"], "target": ["d"]},
       "tables": [{"table": "hr.people", "source": \(side), "target": \(side), "finds_by": "direct load",
         "finds_because": "it is empty", "problems": ["a problem of it"],
         "columns": [{"name": "id", "source": \(column), "target": \(column), "note": "skipped"}]}]}
      """
    return try JSONDecoder().decode(InspectReport.self, from: Data(json.utf8))
  }

  static func plan() throws -> PlanSummary {
    let json = """
      {"flow": "forward", "notices": ["a notice"], "warnings": ["a warning"], "tables": [
        {"table": "hr.people", "source": "public.people", "parents": ["hr.teams"], "together": ["hr.rooms"],
         "key": ["id"], "origin": "source = 'office'", "null_marker": "ours",
         "references": ["team_id to hr.teams"], "integrity": "by triggers",
         "columns": [{"name": "id", "type": "integer", "from": "src.id", "fits": "id < 32768"}],
         "load": "through its stage", "digest": "none", "duplicates": "all are rejected",
         "deletes": "keep", "changed_by": "changed_at: all rows", "triggers": ["trim_name"],
         "copy_format": "text", "chunks": 1, "one_stream_because": "it is a view", "estimated_rows": 100,
         "bytes": 1234, "notices": ["a notice of it"], "warnings": ["a warning of it"],
         "profile": {"rows": 3, "go_in": 2, "rejected": [{"reason": "does not fit", "about": "name", "rows": 1}],
                     "unmeasured": ["missing parents by a_fkey"]},
         "sql": [{"part": "Merge", "part_only": "if rows differ", "end": "target", "purpose": "update what differs",
                  "only": "if there is any", "sql": "UPDATE people SET name = $1"}]}]}
      """
    return try JSONDecoder().decode(PlanSummary.self, from: Data(json.utf8))
  }

  static func tune() -> TuneReport {
    let now = TuneChoice(jobs: 2, chunkBytes: 16 << 20, bufferBytes: 256 << 10, copyFormat: .binary)
    let best = TuneChoice(jobs: 4, chunkBytes: 4 << 20, bufferBytes: 64 << 10, copyFormat: .text)
    return TuneReport(
      flow: "forward", tables: 3, rows: 1000, isWhole: true, now: now,
      trials: [
        TuneReport.Trial(choice: best, seconds: [0.5, 0.75], median: 0.625, fastest: 0.5, slowest: 0.75, bytes: 4096)
      ],
      recommended: best, gain: 1.5, reason: "it is faster",
      notTried: [TuneChoice(jobs: 8, chunkBytes: 64 << 20, bufferBytes: 1 << 20, copyFormat: .binary)], seconds: 12.5,
      notices: ["a notice"])
  }
}
