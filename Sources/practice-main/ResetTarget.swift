import ArgumentParser
import EphemeralPostgres
import PracticeData

struct ResetTarget: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reset-target",
    abstract: "Make the target as empty as it was at first, to sync into it again.")

  @OptionGroup var directory: PracticeDirectory

  func run() async throws {
    let target = try await directory.target()
    try await target.run("DROP SCHEMA IF EXISTS pgtide CASCADE")
    try await PracticeData.reset(target: target)
    print("the target's tables are empty again")
  }
}
