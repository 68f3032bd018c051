/// Whether chunks go over a disk on their way, and how.
public struct SpillSettings: Sendable, Equatable {
  public var mode: SpillMode
  /// Where the run makes its directory. `nil`: `pgtide/spill` under `$XDG_CACHE_HOME` or `~/.cache`.
  public var directory: String?
  /// The most that a run's files may hold. `nil`: what the disk has to spare.
  public var limit: Int?

  public init(mode: SpillMode = .never, directory: String? = nil, limit: Int? = nil) {
    self.mode = mode
    self.directory = directory
    self.limit = limit
  }

  /// `$XDG_CACHE_HOME/pgtide/spill`, or the same under `~/.cache`: unlike a directory for temporary files it is the
  /// user's own, outlives a restart, and is no memory. `nil` where the environment names no home.
  package static func standardDirectory(environment: [String: String]) -> String? {
    if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") { return cache + "/pgtide/spill" }
    return environment["HOME"].map { $0 + "/.cache/pgtide/spill" }
  }
}
