import PostgresValues

/// What a server, or the way to it, said no to.
///
/// It never holds a bound value or a password. ``detail`` comes from the server and may name a key.
public struct ServerError: Error, Sendable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// No connection could be made.
    case cannotConnect
    /// The connection was lost, by either side.
    case connectionLost
    /// The server refused a statement.
    case statement
    /// The other side does not speak as expected.
    case protocolViolation
    /// A pooler handed the connection on to another session: the session mode of the pooler is needed.
    case sessionMoved
  }

  public let kind: Kind
  /// Which connection, such as `target` or `source connection 2`.
  public let connection: String
  /// The five characters of the SQLSTATE; `nil` where the server sent none.
  public let sqlState: String?
  public let message: String
  public let detail: String?
  public let hint: String?
  /// The relation, column and constraint that the server names, where it does.
  public let table: String?
  public let column: String?
  public let constraint: String?
  /// What to do, where it is an error that a sync is likely to meet.
  public let advice: String?
  public let description: String
  /// The error as the connection threw it.
  package let cause: any Error

  package init(_ error: PostgresError) {
    kind =
      switch error.kind {
      case .cannotConnect: .cannotConnect
      case .connectionLost: .connectionLost
      case .statement: .statement
      case .protocolViolation: .protocolViolation
      }
    (connection, sqlState, message) = (error.connection, error.sqlState, error.message)
    (detail, hint, advice) = (error.detail, error.hint, error.advice)
    (table, column, constraint) = (error.table, error.column, error.constraint)
    description = "\(error)"
    cause = error
  }

  package init(_ error: SessionMoved) {
    kind = .sessionMoved
    connection = error.connection
    (message, description) = ("\(error)", "\(error)")
    (sqlState, detail, hint, advice) = (nil, nil, nil, nil)
    (table, column, constraint) = (nil, nil, nil)
    cause = error
  }

  /// Runs what a caller of the library has asked for: what its connections throw becomes an error of this type.
  package static func naming<R>(_ body: () async throws -> R) async throws -> R {
    do {
      return try await body()
    } catch let error as PostgresError {
      throw ServerError(error)
    } catch let error as SessionMoved {
      throw ServerError(error)
    }
  }
}
