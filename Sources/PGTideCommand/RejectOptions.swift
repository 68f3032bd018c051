import ArgumentParser
import PGTide
import TerminalProgress

/// What happens to rows that cannot go in.
struct RejectOptions: ParsableArguments {
  @Option(Settings.maxRejects) var maxRejects: Int?

  @Option(help: ArgumentHelp("Also write the rejected rows to this file, a JSON object a line.", valueName: "file"))
  var rejectsFile: String?
}
