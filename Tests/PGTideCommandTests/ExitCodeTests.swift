import ArgumentParser
import Postgres
import Testing
import UnixSignals

@testable import PGTide
@testable import PGTideCommand
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct ExitCodeTests {
  private struct SomeError: Error {}

  @Test(arguments: [
    (SyncReport.Outcome.success, 0 as Int32), (.failed, 1), (.rejects, 2), (.partial, 3),
  ])
  func `a run's outcome has a code of its own`(outcome: SyncReport.Outcome, code: Int32) {
    #expect(PGTideExit(outcome).rawValue == code)
  }

  @Test(arguments: [
    (CheckReport.Outcome.level, 0 as Int32), (.failed, 1), (.rejects, 2), (.partial, 3), (.different, 10),
  ])
  func `a check's outcome has a code of its own`(outcome: CheckReport.Outcome, code: Int32) {
    #expect(PGTideExit(outcome).rawValue == code)
  }

  @Test func `an error that ends the command has the code of its kind`() {
    #expect(PGTideExit(SomeError()).rawValue == 1)
    #expect(PGTideExit(SyncError(message: "no")).rawValue == 1)
    #expect(PGTideExit(PlanRefusal(problems: [])).rawValue == 4)
    #expect(PGTideExit(ResumeRefusal("no")).rawValue == 8)
    let codes = [PostgresError.Kind.cannotConnect, .connectionLost, .statement].map { kind in
      PGTideExit(ServerError(PostgresError(kind: kind, connection: "source", message: "no"))).rawValue
    }
    #expect(codes == [5, 1, 1])
    #expect(PGTideExit(ServerError(SessionMoved(connection: "source"))).rawValue == 4)
    #expect(PGTideExit(SettingsError(mistakes: [])).rawValue == 78)
    #expect(PGTideExit(CommandFailure("no", .configuration)).rawValue == 78)
    #expect(PGTideExit(CommandFailure("no", .terminated)).rawValue == 143)
  }

  @Test func `a signal's code is what a shell makes of it`() {
    #expect(PGTideExit(UnixSignal.sigint).rawValue == 130)
    #expect(PGTideExit(UnixSignal.sigterm).rawValue == 143)
    #expect(PGTideExit(UnixSignal.sighup).rawValue == 129)
  }

  @Test func `success ends without an error`() async throws {
    try await reportingErrors(CommandLog()) { .success }
  }

  @Test func `anything else leaves with its code`() async {
    await #expect(throws: ExitCode(3)) { try await reportingErrors(CommandLog()) { .partial } }
  }

  @Test(arguments: [
    RootCommand.helpMessage(), RootCommand.helpMessage(for: SyncCommand.self),
    RootCommand.helpMessage(for: CheckCommand.self),
  ])
  func `every code is said in the help`(help: String) throws {
    let codes = PGTideExit.allCases.map(\.rawValue) + [ExitCode.validationFailure.rawValue]
    for code in codes {
      #expect(help.contains(try Regex("[ ,]\(code)[ ,\n]")), "\(code)")
    }
  }
}
