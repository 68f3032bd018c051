import ArgumentParser
import PracticeData

struct Edit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change some rows of the source, as a day at the desktop would.")

  @OptionGroup var directory: PracticeDirectory

  @Option(help: "How many rows to change.")
  var rows = 50

  func validate() throws {
    guard rows > 0 else { throw ValidationError("The number of rows must be positive.") }
  }

  func run() async throws {
    let changed = try await PracticeData.edit(source: directory.source(), rows: rows)
    for (table, rows) in changed.sorted(by: { $0.key < $1.key }) { print("changed \(rows) of \(table)") }
  }
}
