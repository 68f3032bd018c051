import PostgresValues

/// Why a table, or a run, did not land.
public struct SyncError: Error, Sendable, CustomStringConvertible {
  /// The target's table; `nil` for what concerns the whole run.
  package var relation: QualifiedName?
  public var message: String
  /// What to do next.
  public var advice: String?
  package var cause: PostgresError?
  /// The message without the server's words, where ``cause`` does not tell which these are.
  package var summary: String?
  /// Somebody has changed the table since it was planned.
  package var saysTableChanged = false
  /// Somebody has written to rows since they were paired.
  package var saysPairsChanged = false
  /// It is this that keeps the table from being written.
  public package(set) var brake: DeleteBrake?

  package init(table: QualifiedName? = nil, message: String, advice: String? = nil, cause: PostgresError? = nil) {
    relation = table
    self.message = message
    self.advice = advice
    self.cause = cause
  }

  package init(
    table: QualifiedName?, message: String, advice: String? = nil, cause: PostgresError? = nil, summary: String?
  ) {
    self.init(table: table, message: message, advice: advice, cause: cause)
    self.summary = summary
  }

  /// The message for what others read, too: the log, the status table, the history. Any trigger can raise any text, and
  /// quote a row in it, so that the server's words are left out.
  package var messageWithoutValues: String {
    if let summary { return summary }
    guard let cause, cause.hasServersWords else { return message }
    let words = "\(cause)"
    return message.contains(words)
      ? message.replacing(words, with: cause.messageWithoutValues) : cause.messageWithoutValues
  }

  /// What happened to `table` while it was being `doing`, such as "merged".
  package init(_ error: any Error, table: QualifiedName?, while doing: String) {
    if let error = error as? SyncError {
      self = error
      relation = error.relation ?? table
    } else if let error = error.serverError {
      self.init(table: table, message: "could not be \(doing): \(error)", advice: error.advice, cause: error)
    } else {
      self.init(table: table, message: "could not be \(doing): \(error.plain)")
    }
  }

  /// What ended a whole run.
  package static func ended(by error: any Error) -> SyncError {
    if let error = error as? SyncError { return error }
    let cause = error.serverError
    return SyncError(
      message: "the run broke off: \(cause.map { "\($0)" } ?? error.plain)", advice: cause?.advice, cause: cause)
  }

  /// Why a cancelled run ended.
  package static let stopped = SyncError(message: "stopped before the end")

  /// The target's table, as `schema.name`; `nil` for what concerns the whole run.
  public var table: String? { relation?.description }

  /// What the server said, where it did.
  public var server: ServerError? { cause.map { ServerError($0) } }

  public var description: String {
    (table.map { "\($0): " } ?? "") + message + (advice.map { "\n  what to do: \($0)" } ?? "")
  }
}

extension PostgresError {
  /// What a user can do about the errors that a sync is likely to meet.
  package var advice: String? {
    if kind == .cannotConnect, let advice = ConnectionAdvice.advice(for: message) { return advice }
    if saysRowSecurity {
      return "pgtide must see all rows: connect as the table's owner, or as a role with BYPASSRLS."
    }
    if let advice = FunctionAdvice.advice(for: self) { return advice }
    return switch sqlState {
    case SQLState.givenAway, SQLState.givenAgain:
      "An event trigger of the target does so: let it leave alone what pgtide makes there, the schema pgtide and the "
        + "status table."
    case SQLState.stranger: "Look with `pgtide plan`: it says whom pgtide relies on, and what to do."
    case "23505": "Another unique constraint of the target stands in the way; look at the row that the detail names."
    case SQLState.foreignKeyViolation:
      "Look for the row that the detail names: it is not on the target, or an update gives it another value."
    case "23514", "23P01": "The target's own rule refuses a row; correct it on the source, or the rule on the target."
    case SQLState.insufficientPrivilege:
      "Grant the missing right. The source needs USAGE on the schema and SELECT on the tables, the target INSERT and "
        + "UPDATE as well; `pgtide plan` names what else is missing."
    case "53100": "The server's disk is full; make room and run again."
    case "53300": "The server takes no more connections; use fewer --jobs."
    case SQLState.lockNotAvailable:
      "Another session held a lock for longer than lock_timeout; run again, or raise it under `defaults`."
    case "40P01", "40001": "Another session was in the way; run again."
    default: kind == .connectionLost ? "The connection was lost; run again." : nil
    }
  }

  /// A policy would hide rows of a table, or refuses one. The SQLSTATE is that of any missing right.
  package var saysRowSecurity: Bool {
    sqlState == SQLState.insufficientPrivilege && ["check_enable_rls", "ExecWithCheckOptions"].contains(routine)
  }
}
