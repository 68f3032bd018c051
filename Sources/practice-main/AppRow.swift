import ArgumentParser
import PracticeData

struct AppRow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "app-row",
    abstract: "Write rows on the target as the mobile app does.",
    discussion: """
      Some are new, some take over a row that the source has, too: both are the app's from then on, and pgtide must \
      leave them as they are. The same rows each time.
      """)

  @OptionGroup var directory: PracticeDirectory

  @Option(name: .customLong("new"), help: "How many new rows the app writes.")
  var newRows = 3

  @Option(name: .customLong("claimed"), help: "How many rows of the source the app takes over.")
  var claimedRows = 1

  func validate() throws {
    guard newRows >= 0, claimedRows >= 0 else { throw ValidationError("The numbers must not be negative.") }
  }

  func run() async throws {
    let dirt = Dirt(appRows: newRows, claimedRows: claimedRows)
    let made = try await PracticeData.add(dirt, source: directory.source(), target: directory.target())
    for written in made {
      let kind = written.rows == 1 ? written.kind.rawValue.replacing("rows", with: "row") : written.kind.rawValue
      print("wrote \(written.rows) \(kind) in \(written.table)")
    }
  }
}
