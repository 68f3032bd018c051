import ArgumentParser
import EphemeralPostgres

struct ResetTarget: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reset-target",
    abstract: "Make the target as empty as it was at first, to sync into it again.")

  @OptionGroup var directory: PracticeDirectory

  func run() async throws {
    let set = try directory.set()
    let target = try await directory.target()
    try await target.run("DROP SCHEMA IF EXISTS pgtide CASCADE")
    try await set.reset(target: target)
    print("the target's tables are empty again")
  }
}
