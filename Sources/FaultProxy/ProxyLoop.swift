/// What the proxy's thread does: takes connections, forwards bytes when they are due, and lets faults strike.
final class ProxyLoop {
  private let listener: Socket
  private let bell: Bell
  private let upstream: Upstream
  private let link: Link
  private let texts: [String]
  private var lines: [Direction: Line]

  var relays: [Relay] = []
  var traffic: Traffic
  var armed: [ArmedFault] = []
  var armedSoFar = 0
  /// New connections are reset before this; `nil` for no such time.
  var refusesUntil: ContinuousClock.Instant?
  /// New connections stall like those that were there.
  var stalls: [Direction: ContinuousClock.Instant] = [:]
  private var isStopped = false

  init(listener: Socket, bell: Bell, upstream: Upstream, link: Link, texts: [String]) {
    self.listener = listener
    self.bell = bell
    self.upstream = upstream
    self.link = link
    self.texts = texts
    lines = [.toServer: Line(link), .toClient: Line(link)]
    traffic = Traffic(texts: texts)
  }

  func run(commands: () -> [@Sendable (ProxyLoop) -> Void]) {
    while !isStopped {
      let ready = waitForAny(of: interests(), until: nextDue())
      if ready.contains(bell.readEnd) { bell.silence() }
      for command in commands() { command(self) }
      if ready.contains(listener.descriptor) { takeConnections() }
      receive(ready)
      forward()
      relays.removeAll(where: \.isFinished)
    }
  }

  func stop() {
    heal()
    isStopped = true
  }

  func resetTraffic() { traffic = Traffic(texts: texts) }

  // MARK: - Waiting

  private func interests() -> [Interest] {
    var interests = [
      Interest(descriptor: bell.readEnd, toRead: true, toWrite: false),
      Interest(descriptor: listener.descriptor, toRead: true, toWrite: false),
    ]
    for relay in relays {
      for direction in Direction.allCases {
        let way = relay[direction]
        let back = relay[direction == .toServer ? .toClient : .toServer]
        interests.append(
          Interest(
            descriptor: relay.sender(direction).descriptor,
            toRead: !way.hasEnded && way.bytes < link.bufferBytes, toWrite: back.isBlocked))
      }
    }
    return interests
  }

  /// When the next parcel may go, or `nil` if none can without something else happening first.
  private func nextDue() -> ContinuousClock.Instant? {
    relays.flatMap { relay in
      Direction.allCases.compactMap { direction -> ContinuousClock.Instant? in
        let way = relay[direction]
        guard let due = way.parcels.first?.due, !way.isBlocked else { return nil }
        return max(due, way.stalledUntil ?? due)
      }
    }.min()
  }

  // MARK: - Taking

  func takeConnections() {
    while let client = listener.accept() {
      let now = ContinuousClock.now
      guard refusesUntil.map({ $0 <= now }) ?? true, let server = Socket.connected(to: upstream) else {
        traffic.refused += 1
        client.resetOnClose()
        continue
      }
      traffic.connections += 1
      let relay = Relay(
        number: traffic.connections, client: client, server: server, texts: texts,
        opensAt: now.advanced(by: link.delay * 2))
      for (direction, end) in stalls { relay[direction].stalledUntil = end }
      relays.append(relay)
      if let fault = armed.first(where: { $0.fault.point == .connection(traffic.connections) }) {
        strike(fault, on: relay)
      }
    }
  }

  private func receive(_ ready: Set<Int32>) {
    for relay in relays {
      for direction in Direction.allCases where ready.contains(relay.sender(direction).descriptor) {
        receive(from: relay, direction)
      }
    }
  }

  private func receive(from relay: Relay, _ direction: Direction) {
    guard !relay[direction].hasEnded, relay[direction].bytes < link.bufferBytes else { return }
    let now = ContinuousClock.now
    switch relay.sender(direction).receive(upTo: link.pieceBytes) {
    case .nothing: break
    case .broken: cut(relay, .reset)
    case .end:
      relay[direction].put(Parcel(due: now.advanced(by: link.delay), bytes: [], texts: [], isEnd: true))
    case .bytes(let bytes):
      let due = lines[direction]?.arrival(of: bytes.count, enteringAt: max(now, relay.opensAt)) ?? now
      let found = relay[direction].watch.find(in: bytes)
      relay[direction].put(Parcel(due: due, bytes: bytes[...], texts: found, isEnd: false))
    }
  }

  // MARK: - Forwarding

  private func forward() {
    let now = ContinuousClock.now
    for relay in relays {
      for direction in Direction.allCases {
        relay[direction].isBlocked = false
        while forwardFirst(of: relay, direction, now: now) {}
      }
    }
  }

  /// Forwards what may go of the first parcel. Returns whether there may be more to do.
  private func forwardFirst(of relay: Relay, _ direction: Direction, now: ContinuousClock.Instant) -> Bool {
    guard !relay[direction].isFinished, let parcel = relay[direction].parcels.first, parcel.due <= now else {
      return false
    }
    if let end = relay[direction].stalledUntil {
      guard end <= now else { return false }
      relay[direction].stalledUntil = nil
    }
    if parcel.isEnd {
      relay[direction].parcels.removeFirst()
      relay.receiver(direction).finishSending()
      relay[direction].isFinished = true
      return false
    }
    // A fault may have cut or stalled this very direction: look again.
    if let fault = struck(by: parcel, of: relay, direction) {
      strike(fault, on: relay, at: parcel.texts.last)
      return true
    }
    return send(parcel, of: relay, direction)
  }

  private func send(_ parcel: Parcel, of relay: Relay, _ direction: Direction) -> Bool {
    let room = bytesUntilFault
    guard let sent = relay.receiver(direction).send(parcel.bytes.prefix(room)) else {
      cut(relay, .reset)
      return false
    }
    guard sent > 0 else {
      relay[direction].isBlocked = true
      return false
    }
    if relay.lastDirection != direction { traffic.countTurn(to: direction) }
    relay.lastDirection = direction
    traffic.count(bytes: sent, direction)
    relay[direction].bytes -= sent
    if sent < parcel.bytes.count {
      let first = relay[direction].parcels.startIndex
      relay[direction].parcels[first].bytes = parcel.bytes.dropFirst(sent)
    } else {
      relay[direction].parcels.removeFirst()
      for text in parcel.texts {
        traffic.count(text: text)
        relay.lastText = text
        expectAnswer(to: text, on: relay)
      }
    }
    return true
  }
}
