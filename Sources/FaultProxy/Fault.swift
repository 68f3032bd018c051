/// A direction of a connection.
public enum Direction: Sendable, Hashable, CaseIterable {
  case toServer
  case toClient
}

/// What is to happen to a link, and when.
public struct Fault: Sendable {
  /// When. Everything is counted over all connections, from the start or ``FaultProxy/resetTraffic()``.
  public enum Point: Sendable, Hashable {
    /// So many bytes have been forwarded, both directions together; the next one is not. That is mid-message as a rule.
    case bytes(Int)
    /// The n-th time (from 1) that a connection changes to this direction: before the first byte of the n-th request, or
    /// of the n-th answer.
    case turn(Int, Direction)
    /// The n-th connection (from 1) was made, and has sent nothing yet.
    case connection(Int)
    /// The client has sent a watched text for the n-th time (from 1), and the server has not been given it.
    case before(String, time: Int)
    /// The server has been given a watched text for the n-th time (from 1) and has answered, and the client has not been
    /// given the answer.
    case answered(String, time: Int)
  }

  public enum Ending: Sendable, Hashable {
    /// RST, as a crashed router or a firewall sends it.
    case reset
    /// FIN, as a process sends it that ends in good order.
    case close
  }

  public enum Scope: Sendable, Hashable {
    /// The connection that reached the point.
    case connection
    case all
  }

  public enum Effect: Sendable, Hashable {
    case cut(Ending, Scope = .connection)
    /// Nothing more is forwarded in these directions; for ever without a duration.
    case stall(Set<Direction> = [.toServer, .toClient], Scope = .connection, for: Duration? = nil)
    /// All connections are reset, and new ones as well; for ever without a duration.
    case refuse(for: Duration? = nil)
    /// The link stays as it is; whoever armed the fault does something else.
    case nothing
  }

  public var point: Point
  public var effect: Effect

  public init(at point: Point, _ effect: Effect) {
    self.point = point
    self.effect = effect
  }
}

/// A fault that has happened.
public struct Strike: Sendable {
  public let fault: Fault
  /// The connection that reached the point, from 1.
  public let connection: Int
  /// The watched text that this connection has sent last, or was just about to send.
  public let text: String?
  /// What had gone through until then.
  public let traffic: Traffic
}
