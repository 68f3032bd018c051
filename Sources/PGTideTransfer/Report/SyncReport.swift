/// What a run did: for people, for scripts (`--json`) and for the run history.
public struct SyncReport: Sendable, Codable {
  public var runID: String
  public var outcome: Outcome
  public var flow: String
  public var mode: String
  public var isDryRun: Bool
  public var isAtomic: Bool
  public var jobs: Int
  public var chunkBytes: Int
  public var bufferBytes: Int
  /// How rows travelled, where a table says nothing else.
  public var copyFormat: RowFormat
  public var keyCache: KeyCacheRule
  public var tables: [TableReport]
  public var totals: RowCounts
  public var bytes: Int
  public var seconds: Double
  public var roundTrips: RoundTripReport
  /// Peak resident memory of this process, in bytes.
  public var peakMemory: Int
  /// What went over the disk; `nil` where nothing did.
  public var spill: SpillReport?
  /// What ended the run before its end; `nil` when every table was tried.
  public var error: String?
  /// The same without the server's words, as the history has it.
  public var errorSummary: String?
  /// What the user should look at.
  public var notices: [String]
  /// What is likely to be a mistake, or a danger, though it did not stop the run; `--quiet` shows it, too.
  public var warnings: [String] = []
  /// Whether both ends were level behind the merge, with `--prove`; `nil` where nobody has looked.
  public var proof: CheckReport?

  /// How the run ended, which the exit code tells.
  public enum Outcome: String, Sendable, Codable {
    /// Every row of every table is accounted for, and none was rejected.
    case success
    /// Every table landed, without the rejected rows.
    case rejects
    /// Some tables failed or were skipped; the others landed.
    case partial
    /// No table landed.
    case failed

    /// Every table did.
    package var hasLanded: Bool { self == .success || self == .rejects }

    package init(_ tables: [TableReport]) {
      let landed = tables.filter(\.hasLanded)
      if landed.count == tables.count {
        self = landed.allSatisfy { $0.counts.rejected == 0 } ? .success : .rejects
      } else {
        self = landed.isEmpty ? .failed : .partial
      }
    }
  }
}

extension Duration {
  /// Whole milliseconds are enough for a report.
  package var seconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + (Double(attoseconds) / 1e15).rounded() / 1000
  }
}

extension SyncReport {
  /// The keys of the JSON: docs/reference/report.md.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case runID = "run_id"
    case outcome, flow, mode
    case isDryRun = "is_dry_run"
    case isAtomic = "is_atomic"
    case jobs
    case chunkBytes = "chunk_bytes"
    case bufferBytes = "buffer_bytes"
    case copyFormat = "copy_format"
    case keyCache = "key_cache"
    case tables, totals, bytes, seconds
    case roundTrips = "round_trips"
    case peakMemory = "peak_memory"
    case spill, error
    case errorSummary = "error_summary"
    case notices, warnings, proof
  }
}
