import ArgumentParser
import PracticeData

struct Edit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change some rows of the source, as a day at the desktop would.")

  @OptionGroup var directory: PracticeDirectory

  @Option(help: "How many rows to change, 50 unless you say so. The office's day is always the same.")
  var rows: Int?

  func validate() throws {
    guard rows ?? 1 > 0 else { throw ValidationError("The number of rows must be positive.") }
  }

  func run() async throws {
    switch try directory.set() {
    case .simple:
      let changed = try await PracticeData.edit(source: directory.source(), rows: rows ?? 50)
      for (table, rows) in changed.sorted(by: { $0.key < $1.key }) { print("changed \(rows) of \(table)") }
    case .office:
      guard rows == nil else { throw ValidationError("The office's day is always the same: leave out --rows.") }
      for change in try await OfficeData.spendDay(source: directory.source()) {
        print("\(change.what) \(change.rows) of \(change.table)")
      }
    }
  }
}
