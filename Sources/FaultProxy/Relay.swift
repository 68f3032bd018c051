/// Bytes on their way in one direction.
struct Parcel {
  var due: ContinuousClock.Instant
  var bytes: ArraySlice<UInt8>
  /// Watched texts that end in it.
  var texts: [String]
  /// Behind it comes nothing more.
  var isEnd: Bool
}

/// One direction of a connection.
struct Way {
  /// In the order of their coming; the first is the next to go.
  var parcels: ArraySlice<Parcel> = []
  var bytes = 0
  /// The sender has ended.
  var hasEnded = false
  /// The receiver has been told so.
  var isFinished = false
  /// The receiver's socket takes no more at the moment.
  var isBlocked = false
  /// Nothing is forwarded before this; `nil` for no stall.
  var stalledUntil: ContinuousClock.Instant?
  var watch: TextWatch

  mutating func put(_ parcel: Parcel) {
    parcels.append(parcel)
    bytes += parcel.bytes.count
    if parcel.isEnd { hasEnded = true }
  }
}

/// A client's connection and the one to the server that belongs to it.
final class Relay {
  /// From 1, in the order of their coming.
  let number: Int
  let client: Socket
  let server: Socket
  var toServer: Way
  var toClient = Way(watch: TextWatch([]))
  /// The direction in which bytes went last.
  var lastDirection: Direction?
  /// The watched text that went to the server last.
  var lastText: String?
  /// A fault that waits for the server's next answer, by its place in the list of armed ones.
  var awaited: ArmedFault.ID?
  /// What the handshake would have taken.
  var opensAt: ContinuousClock.Instant

  init(number: Int, client: Socket, server: Socket, texts: [String], opensAt: ContinuousClock.Instant) {
    self.number = number
    self.client = client
    self.server = server
    self.opensAt = opensAt
    toServer = Way(watch: TextWatch(texts))
  }

  subscript(_ direction: Direction) -> Way {
    get { direction == .toServer ? toServer : toClient }
    _modify { if direction == .toServer { yield &toServer } else { yield &toClient } }
  }

  func sender(_ direction: Direction) -> Socket { direction == .toServer ? client : server }
  func receiver(_ direction: Direction) -> Socket { direction == .toServer ? server : client }

  var isFinished: Bool { toServer.isFinished && toClient.isFinished }
}

/// A fault that has not happened yet.
struct ArmedFault {
  typealias ID = Int
  let id: ID
  let fault: Fault
  let then: @Sendable (Strike) -> Void
}
