import ArgumentParser
import PGTide

/// What a script learns from the exit code; documented in docs/reference/exit-codes.md.
enum PGTideExit: Int32, CaseIterable {
  case success = 0
  /// Nothing landed.
  case failed = 1
  /// All tables landed, but rows were rejected.
  case rejects = 2
  /// Some tables did not land.
  case partial = 3
  case planRefused = 4
  case noConnection = 5
  /// Another run of the flow is at work.
  case locked = 6
  /// A second SIGINT or SIGTERM: nothing was cleaned up.
  case leftAtOnce = 7
  /// There is no spill that could be taken up again.
  case cannotResume = 8
  /// The two ends differ, or have moved.
  case different = 10
  case tooManyDeletes = 11
  case sourceEmpty = 12
  case sourceShrank = 13
  case unexpected = 14
  /// What a script was to read could not be written.
  case unwritable = 74
  case configuration = 78
  case hungUp = 129
  case interrupted = 130
  case terminated = 143

  init(_ outcome: SyncReport.Outcome) {
    self =
      switch outcome {
      case .success: .success
      case .rejects: .rejects
      case .partial: .partial
      case .failed: .failed
      }
  }

  init(_ outcome: CheckReport.Outcome) {
    self =
      switch outcome {
      case .level: .success
      case .rejects: .rejects
      case .different: .different
      case .partial: .partial
      case .failed: .failed
      }
  }

  init(_ outcome: ReceiptReport.Outcome) {
    self =
      switch outcome {
      case .unmoved: .success
      case .moved: .different
      case .partial: .partial
      case .failed: .failed
      }
  }

  /// A brake tells more than that some table did not land; a run may have looked at both ends once more.
  init(_ report: SyncReport) {
    switch report.tables.lazy.compactMap(\.brake).first {
    case .tooMany: self = .tooManyDeletes
    case .sourceEmpty: self = .sourceEmpty
    case .sourceShrank: self = .sourceShrank
    case .unexpected: self = .unexpected
    case nil: self.init(report.outcome)
    }
    guard report.outcome.hasLanded, let proof = report.proof else { return }
    switch proof.outcome {
    case .level, .rejects: break
    case .different: self = .different
    case .partial, .failed: if !report.tables.contains(where: { $0.brake != nil }) { self = .partial }
    }
  }

  /// The exit code for an error that ended the whole command.
  init(_ error: any Error) {
    switch error {
    case is PlanRefusal: self = .planRefused
    case is RunInProgress: self = .locked
    case is ResumeRefusal: self = .cannotResume
    case is SettingsError: self = .configuration
    case let error as ServerError where error.kind == .cannotConnect: self = .noConnection
    case let error as ServerError where error.kind == .sessionMoved: self = .planRefused
    case let error as CommandFailure: self = error.exit
    default: self = .failed
    }
  }
}

extension PGTideExit {
  /// All codes, for the help.
  static let help = """
    Exit codes:
      0         every row is accounted for, and none was rejected
      1         nothing landed
      2         all tables landed, but rows were rejected
      3         some tables did not land, or could not be compared
      4         the plan was refused
      5         no connection
      6         another run of the flow is at work
      7         left at once, because of a second signal
      8         there is nothing that --resume could take up
      10        check, sync --prove: the two ends differ
      11        more rows would be deleted than max_delete allows
      12        the source has no row, and rows would be deleted
      13        the source has lost more rows than max_drop allows, and rows would be deleted
      14        the source does not have what expect asks for
      64, 78    the command line, or the configuration, is wrong
      74        what was to be printed could not be written; what had landed stays
      129, 130, 143
                stopped by SIGHUP, SIGINT or SIGTERM
    """
}
