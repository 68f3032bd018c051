/// One statement as it happened, for `--debug`. It holds no bound value.
public struct StatementTrace: Sendable {
  /// Which connection ran it, such as `target` or `source connection 2`.
  public var connection: String
  public var statement: String
  public var duration: Duration
  /// Rows returned or written, where the server says so.
  public var rows: Int?
  /// `true` if it travelled together with others, so that its time is the batch's.
  public var isPipelined: Bool
  /// The server's error message, where it failed; without values that it may quote.
  public var failure: String?
  /// Warnings that the server sent meanwhile.
  public var warnings: [String]
}

/// Receives every statement of a connection.
public typealias StatementTracer = @Sendable (StatementTrace) -> Void
