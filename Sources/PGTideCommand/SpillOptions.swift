import ArgumentParser
import PGTide

/// Whether rows go over a disk on their way.
struct SpillOptions: ParsableArguments {
  @Option(
    help:
      "Whether rows go over the disk, so that the source is released early: never, always, or auto, when the target is slow or lost."
  )
  var spill: SpillMode?

  @Option(help: ArgumentHelp("Keep them in this directory, in a private one of each run.", valueName: "dir"))
  var spillDir: String?

  @Option(
    help: ArgumentHelp("Keep no more than this on the disk; the other rows go directly.", valueName: "size"),
    transform: SettingRanges.spillLimit.option)
  var spillLimit: Int?

  @Option(
    name: .customLong("lz4-level"),
    help: ArgumentHelp(
      "How hard to compress them: 0 is fast, up to 12 is smaller, down to -10 is faster.", valueName: "n"))
  var lz4Level: Int?

  @Flag(help: "Load the rows that an earlier run has kept on the disk. The source is not asked anything.")
  var resume = false

  func validate() throws {
    if let spillDir, spillDir.isEmpty { throw ValidationError("--spill-dir takes a directory.") }
    try SettingRanges.spillLevel.check(lz4Level)
  }

  func apply(to settings: inout SpillSettings) {
    if let spill { settings.mode = spill }
    if let spillDir { settings.directory = spillDir }
    if let spillLimit { settings.limit = spillLimit }
    if let lz4Level { settings.level = lz4Level }
  }
}

extension SpillMode: ExpressibleByArgument {}
