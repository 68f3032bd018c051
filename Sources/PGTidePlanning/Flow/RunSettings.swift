/// How a run does its work: defaults that the file may set and the command line may override.
///
/// A value out of its range ends a run before it begins: ``SyncConfiguration/validate()``.
public struct RunSettings: Sendable, Equatable {
  /// Connections to each end that move rows at the same time: from 1.
  public var jobs: Int
  /// A chunk ends after this many bytes of the source's heap (or of the stream, where there are no pages):
  /// from 64 KiB.
  public var chunkBytes: Int
  /// A chunk ends after about this many rows. `nil`: bytes alone decide.
  public var chunkRows: Int?
  /// Bytes of a buffer between two connections, from 64 KiB to 16 MiB. Each of the jobs has four.
  public var bufferBytes: Int
  /// How rows travel, where a table does not say otherwise.
  public var copyFormat: RowFormat
  /// A table's merge is not applied when it rejects more rows than this (the whole run's with `--atomic`).
  public var maxRejects: Int?
  /// How long a statement on the target waits for a lock: up to 24 h.
  public var lockTimeout: Duration
  /// How long a connection may take to be established, unless the connection string says otherwise: in whole
  /// seconds, from 2.
  public var connectTimeout: Duration
  /// How often a chunk or a merge that met a passing error is tried again.
  public var retries: Int
  /// How long a link may be silent before the server is asked what it is doing: up to 24 h.
  public var stallTimeout: Duration
  /// How foreign keys of inserted rows are kept.
  public var integrity: IntegrityRule
  /// Whether empty tables are loaded without a stage.
  public var directLoad: DirectLoadRule
  /// What becomes of the indexes of a table that is loaded without a stage.
  public var indexes: IndexRule
  /// Smaller tables are loaded together: the waits of a transaction of its own take longer than so few rows.
  package var smallBytes = 256 << 10
  /// Whether rows that the target has already are left out.
  public var digest: DigestRule
  package var digestShape = DigestShape()
  /// Whether rows that lack their parent are looked for on the way.
  public var keyCache: KeyCacheRule
  package var keyCacheLimits = KeyCacheLimits()
  /// ANALYZE target tables of which a large part changed.
  public var analyze: Bool
  /// Whether chunks go over a disk on their way.
  public var spill: SpillSettings
  /// How many runs of the flow the history keeps: from 1.
  public var keptRuns: Int
  /// How long deleted rows are kept in `pgtide.deleted`: from a day.
  public var keptDeleted: Duration
  /// What the run is asked for; `nil`: as the tables say.
  public var mode: RunMode?

  public init(
    jobs: Int = 2, chunkBytes: Int = 16 << 20, chunkRows: Int? = nil, bufferBytes: Int = 256 << 10,
    copyFormat: RowFormat = .binary, maxRejects: Int? = nil, lockTimeout: Duration = .seconds(10),
    connectTimeout: Duration = .seconds(10), retries: Int = 5, stallTimeout: Duration = .seconds(60),
    integrity: IntegrityRule = .auto, directLoad: DirectLoadRule = .auto, digest: DigestRule = .auto,
    indexes: IndexRule = .keep, keyCache: KeyCacheRule = .off, analyze: Bool = true,
    spill: SpillSettings = SpillSettings(), keptRuns: Int = 100,
    keptDeleted: Duration = .seconds(30 * 24 * 3600), mode: RunMode? = nil
  ) {
    self.jobs = jobs
    self.chunkBytes = chunkBytes
    self.chunkRows = chunkRows
    self.bufferBytes = bufferBytes
    self.copyFormat = copyFormat
    self.maxRejects = maxRejects
    self.lockTimeout = lockTimeout
    self.connectTimeout = connectTimeout
    self.retries = retries
    self.stallTimeout = stallTimeout
    self.integrity = integrity
    self.directLoad = directLoad
    self.digest = digest
    self.indexes = indexes
    self.keyCache = keyCache
    self.analyze = analyze
    self.spill = spill
    self.keptRuns = keptRuns
    self.keptDeleted = keptDeleted
    self.mode = mode
  }
}
