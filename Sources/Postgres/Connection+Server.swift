import CLibPQ

extension Connection {
  /// What the other side said of itself when the connection was made, without a question to it.
  public struct ServerIdentity: Sendable, Hashable {
    /// 150004 is 15.4.
    public var version: Int
    public var port: String?
  }

  public var server: ServerIdentity {
    get throws {
      let pointer = unsafe try pointer()
      return ServerIdentity(
        version: unsafe Int(PQserverVersion(pointer)), port: unsafe PQport(pointer).map { unsafe String(cString: $0) })
    }
  }
}
