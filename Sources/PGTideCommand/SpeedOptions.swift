import ArgumentParser
import PGTide
import TerminalProgress

/// Flags that decide how fast a run is, not what it does.
struct SpeedOptions: ParsableArguments {
  @Option(Settings.jobs) var jobs: Int?
  @Option(Settings.chunkBytes) var chunkBytes: Int?
  @Option(Settings.chunkRows) var chunkRows: Int?
  @Option(Settings.bufferBytes) var bufferBytes: Int?
  @Option(Settings.copyFormat) var copyFormat: RowFormat?
  @Option(Settings.retries) var retries: Int?
  @Option(Settings.integrity) var integrity: IntegrityRule?
  @Option(Settings.directLoad) var directLoad: DirectLoadRule?
  @Option(Settings.indexes) var indexes: IndexRule?
  @Option(Settings.digest) var digest: DigestRule?
  @Option(Settings.keyCache) var keyCache: KeyCacheRule?
  @Flag(inversion: .prefixedNo, help: ArgumentHelp(Settings.analyze.help)) var analyze: Bool?

  func apply(to settings: inout RunSettings) {
    if let jobs { settings.jobs = jobs }
    if let chunkBytes { settings.chunkBytes = chunkBytes }
    if let chunkRows { settings.chunkRows = chunkRows }
    if let bufferBytes { settings.bufferBytes = bufferBytes }
    if let copyFormat { settings.copyFormat = copyFormat }
    if let retries { settings.retries = retries }
    if let integrity { settings.integrity = integrity }
    if let directLoad { settings.directLoad = directLoad }
    if let indexes { settings.indexes = indexes }
    if let digest { settings.digest = digest }
    if let keyCache { settings.keyCache = keyCache }
    if let analyze { settings.analyze = analyze }
  }
}
