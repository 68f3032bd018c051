/// Another server process answers than the one that the session was set up in: what is between hands its connections on
/// to others while the session lasts. Settings, locks and snapshots do not hold there.
public struct SessionMoved: Error, Sendable, Hashable, CustomStringConvertible {
  /// Such as `target connection 2`.
  public let connection: String

  public init(connection: String) { self.connection = connection }

  /// What stands in the server's error, where a statement found out.
  package static let words = "another server process answers than the one that this session was set up in"

  public var description: String {
    "\(connection): \(Self.words): the pooler in between "
      + "keeps no sessions\n  what to do: Connect to the database's own host and port, or to the pooler's session mode."
  }
}
