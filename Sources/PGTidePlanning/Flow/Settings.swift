/// Every setting of a run. Their defaults are those of ``RunSettings/init``.
package enum Settings {
  /// In the order of the documentation.
  package static let all: [any RunSetting] = [
    jobs, chunkBytes, chunkRows, bufferBytes, copyFormat, maxRejects, lockTimeout, connectTimeout, retries,
    stallTimeout, integrity, directLoad, indexes, digest, keyCache, analyze, spill, spillDirectory, spillLimit,
    keptRuns, keptDeleted, mode,
  ]

  package static let jobs = Setting(
    "jobs", \.jobs, .number(1...(.max)), isRecorded: true,
    "Connections to each end that move rows at the same time.")
  package static let chunkBytes = Setting(
    "chunk_bytes", \.chunkBytes, .size(64 << 10...(.max), "from 64KiB, such as 16MiB"), isRecorded: true,
    "Large tables are read in pieces of about this size, from 64KiB: with B, kB, MB, GB, KiB, MiB or GiB.")
  package static let chunkRows = Setting(
    "chunk_rows", \.chunkRows, .number(1...(.max)), isRecorded: true,
    "Large tables are read in pieces of about this many rows at most. Without it, only bytes count.")
  /// Measured: any size from 64 KiB up is as fast. Above, only memory grows.
  package static let bufferBytes = Setting(
    "buffer_bytes", \.bufferBytes, .size(64 << 10...16 << 20, "from 64KiB to 16MiB, such as 256KiB"), isRecorded: true,
    "Rows are carried in buffers of this size, of which each job has four: from 64KiB to 16MiB.")
  package static let copyFormat = Setting(
    "copy_format", \.copyFormat, .words, isRecorded: true,
    "How rows are sent: binary loads faster, text is about half the bytes.")
  package static let maxRejects = Setting(
    "max_rejects", \.maxRejects, .number(0...(.max)), isRecorded: true,
    "A table that rejects more rows than this is not written (with --atomic: no table). Without it there is no limit.")
  package static let lockTimeout = Setting(
    "lock_timeout", \.lockTimeout, .time(shortest...day, "a duration such as 10s, up to 24h"),
    "How long a statement waits for a lock: a whole number with ms, s, min or h, up to 24h.")
  /// libpq takes whole seconds, and no fewer than two.
  package static let connectTimeout = Setting(
    "connect_timeout", \.connectTimeout,
    .time(
      .seconds(2)...day, inWholeSeconds: true, "a duration in whole seconds such as 10s, from 2s up to 24h"),
    "How long a connection may take, in whole seconds from 2s up to 24h. One in the connection string takes precedence."
  )
  package static let retries = Setting(
    "retries", \.retries, .number(0...(.max)), isRecorded: true,
    "How often a chunk, a comparison or a merge is retried after an error that may pass.")
  package static let stallTimeout = Setting(
    "stall_timeout", \.stallTimeout, .time(shortest...day, "a duration such as 60s, up to 24h"),
    "How long a link may be silent before another connection asks the server what it is doing.")
  package static let integrity = Setting(
    "integrity", \.integrity, .words,
    "How foreign keys of new rows are checked: auto in sets where that is as safe as triggers; triggers by triggers.")
  package static let directLoad = Setting(
    "direct_load", \.directLoad, .words,
    "Whether empty tables are loaded straight from the source: auto wherever nothing needs a stage, never.")
  package static let indexes = Setting(
    "indexes", \.indexes, .words,
    "Indexes in a large load without a stage: keep them up, or rebuild them after it, with the table locked meanwhile.")
  package static let digest = Setting(
    "digest", \.digest, .words,
    "Whether digests of both ends are compared first, so that only what differs is read: auto where that is sure, never."
  )
  package static let keyCache = Setting(
    "key_cache", \.keyCache, .toggle(on: .on, off: .off), isRecorded: true,
    "Ask for parents' keys while rows are read, and send only some columns of most rows that lack their parent.")
  package static let analyze = Setting(
    "analyze", \.analyze, .toggle(on: true, off: false), "ANALYZE target tables that changed much.")
  package static let spill = Setting(
    "spill", \.spill.mode, .words, isRecorded: true,
    "Whether rows go over the disk, which releases the source early: never or always.")
  package static let spillDirectory = Setting(
    "spill_dir", \.spill.directory, .directory,
    "Where each run makes a directory for its rows. Without it pgtide/spill under $XDG_CACHE_HOME or ~/.cache.")
  package static let spillLimit = Setting(
    "spill_limit", \.spill.limit, .size(0...(.max), "such as 10GiB"),
    "The most that a run keeps on the disk; other rows go directly. Without it what the disk has to spare.")
  package static let keptRuns = Setting(
    "keep_runs", \.keptRuns, .number(1...(.max)),
    "How many runs of the flow the history in the schema pgtide keeps, with their tables and rejects.")
  package static let mode = Setting(
    "mode", \.mode, .words,
    "full: all rows are looked at; incremental: of tables with changed_by only changed ones. Only what differs is moved."
  )

  package static let keptDeleted = Setting(
    "keep_deleted", \.keptDeleted, .time(day...day * 3650, "a duration such as 30d, from 24h"),
    "How long rows that were deleted are kept in pgtide.deleted, from where `pgtide undelete` puts them back.")

  /// Of the command alone, as options.
  package static let wait = Setting(
    "wait", .time(.zero...(.seconds(Int32.max)), "a time such as 30s or 10min"),
    "Wait up to this long for another run of the same flow, such as 10min.")
  package static let budget = Setting(
    "budget", .time(.seconds(1)...(.seconds(Int32.max)), "a time from 1s, such as 60s or 5min"),
    "End after this long, such as 60s or 5min, and report what was not tried.")
  package static let checkLimit = Setting(
    "limit", .number(0...(.max)),
    "How many rows of each table are listed, 100 by default. All are counted.")
  package static let mostJobs = Setting("max_jobs", .number(1...(.max)), "Try no more jobs than this, 8 by default.")

  /// 0 is without end to the server.
  private static let shortest = Duration.milliseconds(1)
  /// The server and libpq count time in 32 bits.
  private static let day = Duration.seconds(24 * 3600)

  /// What a flow may be called.
  package static let flowName = "letters, digits, - and _"

  package static func isFlowName(_ name: String) -> Bool {
    !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
  }
}

extension RunSettings {
  /// As the history keeps them: JSON.
  package var record: String {
    let pairs = Settings.all.filter(\.isRecorded).compactMap { setting in
      setting.value(in: self).map { "\"\(setting.key)\":" + ($0 is Int ? "\($0)" : "\"\($0)\"") }
    }
    return "{\(pairs.joined(separator: ","))}"
  }
}
