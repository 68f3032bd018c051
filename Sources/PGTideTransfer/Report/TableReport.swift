/// What became of one table.
public struct TableReport: Sendable, Codable {
  public var table: String
  public var source: String
  public var status: Status
  public var counts: RowCounts
  public var rejectReasons: [String: Int]
  public var bytes: Int
  public var chunks: Int
  /// How its rows travelled: in binary, or as text.
  public var copyFormat: RowFormat
  public var extractSeconds: Double
  public var deltaSeconds: Double
  public var mergeSeconds: Double
  /// Merges that were begun: more than 1 when a deadlock or the like made it start again.
  public var attempts: Int
  /// How often a chunk, a comparison or a merge was tried again after an error that may pass.
  public var retries: Int
  /// The last of those errors.
  public var retryCause: String?
  /// How the foreign keys of inserted rows were kept; `nil` where none was inserted, or there are none.
  public var integrity: String?
  /// Its rows went into the empty table without a stage.
  public var isLoadedDirectly: Bool
  /// How many of its indexes were built behind the rows; `nil` where all were kept.
  public var indexesRebuilt: Int?
  /// What the key cache did; `nil` where it is off or has nothing to do.
  public var keyCache: KeyCacheReport?
  /// What a trigger of the target made of rows; `nil` where it made nothing.
  public var rewrites: RewriteReport?
  /// How many sequences were moved past the numbers that its columns have; `nil` where none was.
  public var sequencesMoved: Int?
  /// How changed rows were found by a column of the source; `nil` where none tells them.
  public var changedBy: ChangesReport?
  public var isAnalyzed: Bool
  public var error: String?
  /// The same without the server's words, which may quote a row: as the status table and the history have it.
  public var errorSummary: String?
  /// What kept it from being written, where it looks as if the source were wrong.
  public var brake: DeleteBrake?
  public var notices: [String]
  /// What is likely to be a mistake, though the table may have landed; `--quiet` shows it, too.
  public var warnings: [String] = []
  /// Of the protected rows, those that look different from the source's, as far as the comparison found them; `nil` where
  /// there is none.
  public var protectedDifferent: Int?
  /// Protected rows whose marker differs from ours in capitals or blanks only; `nil` where there is none.
  public var protectedByLook: Int?

  public enum Status: String, Sendable, Codable {
    /// Landed without rejects.
    case success
    /// Landed without the rejected rows.
    case partial
    /// Nothing of it was committed.
    case failed
    /// Not tried, because a table that it refers to failed.
    case skipped
    /// Nothing of it was committed, because the run ended before.
    case stopped
  }

  package init(_ plan: TablePlan) {
    self.init(label: plan.label)
    source = plan.source.description
    copyFormat = plan.format
    notices = plan.notices
    warnings = plan.warnings
    changedBy = plan.changes.map(ChangesReport.init)
  }

  /// Of a table that has no plan.
  package init(label: String) {
    table = label
    source = ""
    status = .stopped
    counts = RowCounts()
    rejectReasons = [:]
    copyFormat = .binary
    (bytes, chunks, attempts, retries) = (0, 0, 0, 0)
    (extractSeconds, deltaSeconds, mergeSeconds) = (0, 0, 0)
    isLoadedDirectly = false
    isAnalyzed = false
    notices = []
  }

  /// All that was to be done with it is committed.
  package var hasLanded: Bool { (status == .success || status == .partial) && error == nil }

  public var seconds: Double { extractSeconds + deltaSeconds + mergeSeconds }
}

extension TableReport {
  /// The keys of the JSON: docs/reference/report.md.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case table, source, status, counts
    case rejectReasons = "reject_reasons"
    case bytes, chunks
    case copyFormat = "copy_format"
    case extractSeconds = "extract_seconds"
    case deltaSeconds = "delta_seconds"
    case mergeSeconds = "merge_seconds"
    case attempts, retries
    case retryCause = "retry_cause"
    case integrity
    case isLoadedDirectly = "is_loaded_directly"
    case indexesRebuilt = "indexes_rebuilt"
    case keyCache = "key_cache"
    case rewrites
    case sequencesMoved = "sequences_moved"
    case changedBy = "changed_by"
    case isAnalyzed = "is_analyzed"
    case error
    case errorSummary = "error_summary"
    case brake, notices, warnings
    case protectedDifferent = "protected_different"
    case protectedByLook = "protected_by_look"
  }
}
