import ArgumentParser
import PGTide

/// An error whose text is for the user as it stands.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String
  let exit: PGTideExit

  init(_ description: String, _ exit: PGTideExit) {
    self.description = description
    self.exit = exit
  }
}

/// Runs a command's work, and turns how it ended into a message on the error output and an exit code.
func reportingErrors(_ log: CommandLog, _ body: () async throws -> PGTideExit) async throws {
  var exit: PGTideExit
  do {
    exit = try await body()
    log.ended(exit)
    // A log that is not whole is no log.
    if log.isJSON, Console.hasLostErrors, exit == .success { exit = .unwritable }
  } catch {
    exit = PGTideExit(error)
    log.failed(error, exit)
  }
  if exit != .success { throw ExitCode(exit.rawValue) }
}
