import ArgumentParser
import PGTide

/// What lets deletes through that a brake would stop.
struct DeleteOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Let this many rows of a table go in this run, whatever the source looks like, such as jobtasks=1200. May be repeated.",
      valueName: "table=n"))
  var allowDeletes: [String] = []

  func validate() throws {
    for text in allowDeletes where Self.parse(text) == nil {
      throw ValidationError(
        "--allow-deletes takes a table and a number of rows, such as jobtasks=1200, found `\(text)`")
    }
  }

  /// Throws: ``CommandFailure`` for a table that the run does not have.
  func apply(to configuration: inout SyncConfiguration) throws {
    for (table, rows) in allowDeletes.compactMap(Self.parse) {
      let names = configuration.tables.map { [$0.target.description] + configuration.otherNames(of: $0.target) }
      guard let place = names.firstIndex(where: { $0.contains(table) }) else {
        throw CommandFailure("--allow-deletes: the run has no table \(table)", .configuration)
      }
      configuration.tables[place].allowedDeletes = rows
    }
  }

  private static func parse(_ text: String) -> (table: String, rows: Int)? {
    guard let place = text.lastIndex(of: "="), place > text.startIndex,
      let rows = Int(text[text.index(after: place)...]), rows >= 0
    else { return nil }
    return (String(text[..<place]), rows)
  }
}
