import ArgumentParser

struct Down: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Stop the two servers and remove their data.")

  @OptionGroup var directory: PracticeDirectory

  func run() async throws {
    try await directory.remove()
    print("removed the servers in \(directory.path)")
  }
}
