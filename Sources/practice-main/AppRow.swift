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

  @Option(name: .customLong("new"), help: "How many new rows the app writes, 3 unless you say so.")
  var newRows: Int?

  @Option(name: .customLong("claimed"), help: "How many rows of the source the app takes over, 1 unless you say so.")
  var claimedRows: Int?

  func validate() throws {
    guard newRows ?? 0 >= 0, claimedRows ?? 0 >= 0 else { throw ValidationError("The numbers must not be negative.") }
  }

  func run() async throws {
    switch try directory.set() {
    case .simple: try await writeSimpleRows()
    case .office:
      guard newRows == nil, claimedRows == nil else {
        throw ValidationError("The app always writes the same rows of the office: leave out --new and --claimed.")
      }
      for change in try await OfficeData.writeAsApp(target: directory.target()) {
        print("\(change.what) \(change.rows) in \(change.table)")
      }
    }
  }

  private func writeSimpleRows() async throws {
    let dirt = Dirt(appRows: newRows ?? 3, claimedRows: claimedRows ?? 1)
    let made = try await PracticeData.add(dirt, source: directory.source(), target: directory.target())
    for written in made {
      let kind = written.rows == 1 ? written.kind.rawValue.replacing("rows", with: "row") : written.kind.rawValue
      print("wrote \(written.rows) \(kind) in \(written.table)")
    }
  }
}
