/// How long a link's line is, and how wide.
///
/// All connections of a proxy share the width of a direction, as they share a real line. Simplified: a connection is made
/// at once, and its first bytes wait for the round trip that the handshake would have taken; nothing is lost or repeated.
public struct Link: Sendable, Hashable {
  /// The time from one end to the other.
  public var delay: Duration
  /// Bytes a second in each direction; `nil` for no limit.
  public var bytesPerSecond: Int?

  public static let instant = Link(delay: .zero, bytesPerSecond: nil)

  public init(delay: Duration, bytesPerSecond: Int?) {
    self.delay = delay
    self.bytesPerSecond = bytesPerSecond
  }

  public init(roundTrip: Duration, megabitsPerSecond: Double?) {
    self.init(delay: roundTrip / 2, bytesPerSecond: megabitsPerSecond.map { Int($0 * 1_000_000 / 8) })
  }

  /// Bytes to take from a sender at a time: five milliseconds' worth, so that the line is shared fairly.
  var pieceBytes: Int {
    guard let bytesPerSecond else { return 64 << 10 }
    return min(64 << 10, max(1500, bytesPerSecond / 200))
  }

  /// Bytes of one direction of a connection that may be on their way: what the line holds, twice, as a socket would.
  var bufferBytes: Int {
    guard let bytesPerSecond else { return 256 << 10 }
    return max(64 << 10, Int(Double(bytesPerSecond) * (delay / .seconds(1)) * 4))
  }
}

/// One direction of a link: says when bytes that enter now come out.
struct Line {
  let link: Link
  /// When the last bytes will have entered entirely.
  private var isFreeAt: ContinuousClock.Instant = .now

  init(_ link: Link) { self.link = link }

  mutating func arrival(of bytes: Int, enteringAt now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    guard let bytesPerSecond = link.bytesPerSecond else { return now.advanced(by: link.delay) }
    isFreeAt = max(now, isFreeAt).advanced(by: .seconds(Double(bytes) / Double(bytesPerSecond)))
    return isFreeAt.advanced(by: link.delay)
  }
}
