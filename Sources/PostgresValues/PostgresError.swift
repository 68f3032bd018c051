/// What a server, or the way to it, said no to.
///
/// It never holds a bound value or a password. `detail` comes from the server and may name a key.
public struct PostgresError: Error, Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// No connection could be made.
    case cannotConnect
    /// The connection was lost, by either side.
    case connectionLost
    /// The server refused the statement.
    case statement
    /// The other side does not speak as expected, or was asked for something in the wrong order.
    case protocolViolation
  }

  public var kind: Kind
  /// Which connection, such as `target` or `source connection 2`.
  public var connection: String
  /// The five characters of the SQLSTATE (manual, "Appendix A. PostgreSQL Error Codes"); `nil` where the server sent
  /// none.
  public var sqlState: String?
  public var message: String
  public var detail: String?
  public var hint: String?
  public var context: String?
  /// The relation, column and constraint that the server names, where it does.
  public var table: String?
  public var column: String?
  public var constraint: String?
  /// The server's own function that reports the error: no language changes its name.
  public var routine: String?
  /// The statement, without its values.
  public var statement: String?
  /// Who held the lock that was not given, and on what, where that was seen.
  public var lockHolders: String?

  public init(
    kind: Kind, connection: String, sqlState: String? = nil, message: String, detail: String? = nil,
    hint: String? = nil, context: String? = nil, table: String? = nil, column: String? = nil,
    constraint: String? = nil, routine: String? = nil, statement: String? = nil
  ) {
    self.kind = kind
    self.connection = connection
    self.sqlState = sqlState
    self.message = message
    self.detail = detail
    self.hint = hint
    self.context = context
    self.table = table
    self.column = column
    self.constraint = constraint
    self.routine = routine
    self.statement = statement
  }
}

extension PostgresError: CustomStringConvertible {
  /// One paragraph: where, what, and what the server added, without the whole row that some errors quote.
  public var description: String {
    var text = "\(connection): \(message)"
    if let sqlState { text += " (SQLSTATE \(sqlState))" }
    if let detail, !detail.hasPrefix("Failing row contains") { text += "\n  detail: \(detail)" }
    if let lockHolders { text += "\n  held: \(lockHolders)" }
    if let context { text += "\n  context: \(context)" }
    if let hint { text += "\n  hint: \(hint)" }
    return text
  }
}

/// SQLSTATEs that the code decides by.
public enum SQLState {
  public static let serializationFailure = "40001"
  public static let deadlockDetected = "40P01"
  public static let foreignKeyViolation = "23503"
  public static let uniqueViolation = "23505"
  public static let insufficientPrivilege = "42501"
  public static let characterNotInRepertoire = "22021"
  public static let invalidParameterValue = "22023"
  public static let undefinedObject = "42704"
  /// A lock was not given within `lock_timeout`.
  public static let lockNotAvailable = "55P03"
}
