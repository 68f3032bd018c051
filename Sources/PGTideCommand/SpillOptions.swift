import ArgumentParser
import PGTide

/// Whether rows go over a disk on their way.
struct SpillOptions: ParsableArguments {
  @Option(Settings.spill) var spill: SpillMode?
  @Option(Settings.spillDirectory) var spillDir: String?
  @Option(Settings.spillLimit) var spillLimit: Int?

  @Flag(help: "Load the rows that an earlier run has kept on the disk. The source is not asked anything.")
  var resume = false

  func apply(to settings: inout SpillSettings) {
    if let spill { settings.mode = spill }
    if let spillDir { settings.directory = spillDir }
    if let spillLimit { settings.limit = spillLimit }
  }
}
