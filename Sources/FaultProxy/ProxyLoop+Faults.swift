/// When faults strike, and what they do.
extension ProxyLoop {
  func arm(_ fault: Fault, _ then: @escaping @Sendable (Strike) -> Void) {
    armedSoFar += 1
    armed.append(ArmedFault(id: armedSoFar, fault: fault, then: then))
  }

  /// How many bytes may be forwarded before a fault is due.
  var bytesUntilFault: Int {
    armed.compactMap { armed in
      guard case .bytes(let bytes) = armed.fault.point, bytes > traffic.bytes else { return nil }
      return bytes - traffic.bytes
    }.min() ?? .max
  }

  /// The fault that has to strike before this parcel is forwarded any further.
  func struck(by parcel: Parcel, of relay: Relay, _ direction: Direction) -> ArmedFault? {
    armed.first { armed in
      switch armed.fault.point {
      case .bytes(let bytes): traffic.bytes >= bytes
      case .turn(let turn, let wanted):
        wanted == direction && relay.lastDirection != direction && traffic.turns(to: direction) + 1 >= turn
      case .connection: false
      case .before(let text, let time):
        parcel.texts.contains(text) && (traffic.seen[text] ?? 0) + parcel.texts.count { $0 == text } >= time
      case .answered: direction == .toClient && relay.awaited == armed.id
      }
    }
  }

  /// The server has been given a text: a fault may want its answer.
  func expectAnswer(to text: String, on relay: Relay) {
    for armed in armed {
      if case .answered(text, let time) = armed.fault.point, traffic.seen[text] == time { relay.awaited = armed.id }
    }
  }

  func strike(_ struck: ArmedFault, on relay: Relay, at text: String? = nil) {
    armed.removeAll { $0.id == struck.id }
    let strike = Strike(
      fault: struck.fault, connection: relay.number, text: text ?? relay.lastText, traffic: traffic)
    switch struck.fault.effect {
    case .cut(let ending, .connection): cut(relay, ending)
    case .cut(let ending, .all): cutAll(ending)
    case .stall(let directions, .connection, let duration): stall(relay, directions, until: end(of: duration))
    case .stall(let directions, .all, let duration): stallAll(directions, for: duration)
    case .refuse(let duration): refuse(for: duration)
    case .nothing: break
    }
    struck.then(strike)
  }

  // MARK: - What faults do

  /// Ends a connection. What is on its way in it is lost.
  func cut(_ relay: Relay, _ ending: Fault.Ending) {
    for direction in Direction.allCases {
      relay[direction].parcels = []
      relay[direction].bytes = 0
      relay[direction].hasEnded = true
      relay[direction].isFinished = true
    }
    for socket in [relay.client, relay.server] {
      switch ending {
      case .reset: socket.resetOnClose()
      case .close: socket.finishSending()
      }
    }
    // The sockets close with the relay, which the loop drops.
  }

  func cutAll(_ ending: Fault.Ending) {
    for relay in relays { cut(relay, ending) }
  }

  func stallAll(_ directions: Set<Direction>, for duration: Duration?) {
    for direction in directions { stalls[direction] = end(of: duration) }
    for relay in relays { stall(relay, directions, until: end(of: duration)) }
  }

  private func stall(_ relay: Relay, _ directions: Set<Direction>, until end: ContinuousClock.Instant) {
    for direction in directions { relay[direction].stalledUntil = end }
  }

  func refuse(for duration: Duration?) {
    refusesUntil = end(of: duration)
    cutAll(.reset)
  }

  func heal() {
    armed = []
    stalls = [:]
    refusesUntil = nil
    // A client that has gone may still wait in the queue.
    takeConnections()
    cutAll(.reset)
    relays = []
  }

  /// A fault without an end lasts longer than any test.
  private func end(of duration: Duration?) -> ContinuousClock.Instant {
    ContinuousClock.now.advanced(by: duration ?? .seconds(1_000_000))
  }
}
