/// What a proxy has forwarded, over all connections.
public struct Traffic: Sendable, Equatable {
  public var bytesToServer = 0
  public var bytesToClient = 0
  /// Changes from listening to asking: requests that followed an answer.
  public var requests = 0
  /// Changes from asking to listening: round trips.
  public var answers = 0
  public var connections = 0
  public var refused = 0
  /// How often each watched text was sent to the server.
  public var seen: [String: Int]

  init(texts: [String]) { seen = Dictionary(texts.map { ($0, 0) }) { first, _ in first } }

  public var bytes: Int { bytesToServer + bytesToClient }

  mutating func countTurn(to direction: Direction) {
    if direction == .toServer { requests += 1 } else { answers += 1 }
  }

  mutating func count(bytes: Int, _ direction: Direction) {
    if direction == .toServer { bytesToServer += bytes } else { bytesToClient += bytes }
  }

  mutating func count(text: String) { seen[text, default: 0] += 1 }

  func turns(to direction: Direction) -> Int { direction == .toServer ? requests : answers }
}
