import Dispatch
import Synchronization

/// A TCP relay on 127.0.0.1 that stands between a client and its server, and can be as slow or as broken as a real link.
///
///     try await withFaultProxy(to: .unixSocket(path), link: Link(roundTrip: .milliseconds(50), megabitsPerSecond: 20)) {
///       proxy in
///       proxy.arm(Fault(at: .bytes(4_000), .cut(.reset))) { strike in print(strike.traffic) }
///       … connect to 127.0.0.1:proxy.port …
///     }
///
/// All connections are served by one thread with `poll`, so that a fault meets all of them in one well-defined state.
public final class FaultProxy: Sendable {
  /// Where connections are made to. It takes its own port from the system, below.
  public let port: Int

  private struct Door {
    var commands: [@Sendable (ProxyLoop) -> Void] = []
    /// What went through until the proxy was closed; `nil` while it is open.
    var lastTraffic: Traffic?
  }

  private let door: Mutex<Door>
  private let bell: Bell

  /// Starts to listen. ``close()`` ends it; better use ``withFaultProxy(to:link:watching:_:)``.
  ///
  /// - Parameter texts: what ``Fault/Point/before(_:time:)`` and ``Fault/Point/answered(_:time:)`` may name, and
  ///   ``Traffic/seen`` counts.
  ///
  /// Throws: ``ProxyError``.
  public init(to upstream: Upstream, link: Link = .instant, watching texts: [String] = []) throws {
    let (listener, port) = try Socket.listening()
    let bell = try Bell()
    self.port = port
    self.bell = bell
    door = Mutex(Door())
    // A thread of its own: the loop blocks in poll().
    DispatchQueue(label: "fault proxy \(port)").async { [self] in
      let loop = ProxyLoop(listener: listener, bell: bell, upstream: upstream, link: link, texts: texts)
      loop.run { self.takeCommands() }
      for command in closeDoor(loop.traffic) { command(loop) }
    }
  }

  /// What went through since the start, or since ``resetTraffic()``.
  public var traffic: Traffic {
    get async {
      let asked = Mutex(Traffic(texts: []))
      await perform { loop in asked.withLock { $0 = loop.traffic } }
      return door.withLock(\.lastTraffic) ?? asked.withLock(\.self)
    }
  }

  /// Makes `fault` happen once, when its point is reached. `then` runs on the proxy's thread, before another byte moves.
  public func arm(_ fault: Fault, then: @escaping @Sendable (Strike) -> Void = { _ in }) {
    send { $0.arm(fault, then) }
  }

  /// Breaks every connection. New ones are taken.
  public func cutAll(_ ending: Fault.Ending = .reset) async { await perform { $0.cutAll(ending) } }

  /// From now on forwards nothing in these directions, but keeps taking what is sent until its buffers are full.
  ///
  /// - Parameter duration: `nil` for ever.
  public func stall(_ directions: Set<Direction> = [.toServer, .toClient], for duration: Duration? = nil) async {
    await perform { $0.stallAll(directions, for: duration) }
  }

  /// Resets every new connection at once; for ever without `duration`.
  public func refuse(for duration: Duration? = nil) async { await perform { $0.refuse(for: duration) } }

  /// Forgets armed faults, ends stalls, takes connections again, and breaks those that stand.
  public func heal() async { await perform { $0.heal() } }

  /// Counts from zero again; armed faults count from here, too.
  public func resetTraffic() async { await perform { $0.resetTraffic() } }

  /// Breaks every connection and ends the thread.
  public func close() async { await perform { $0.stop() } }

  private func send(_ command: @escaping @Sendable (ProxyLoop) -> Void) {
    door.withLock { $0.commands.append(command) }
    bell.ring()
  }

  /// Waits until the proxy's thread has done it; a closed proxy has nothing to do.
  private func perform(_ command: @escaping @Sendable (ProxyLoop) -> Void) async {
    await withCheckedContinuation { continuation in
      let isOpen = door.withLock { door in
        guard door.lastTraffic == nil else { return false }
        door.commands.append { loop in
          command(loop)
          continuation.resume()
        }
        return true
      }
      if isOpen { bell.ring() } else { continuation.resume() }
    }
  }

  private func takeCommands() -> [@Sendable (ProxyLoop) -> Void] {
    door.withLock { door in
      defer { door.commands = [] }
      return door.commands
    }
  }

  private func closeDoor(_ traffic: Traffic) -> [@Sendable (ProxyLoop) -> Void] {
    door.withLock { door in
      door.lastTraffic = traffic
      defer { door.commands = [] }
      return door.commands
    }
  }
}

/// Runs `body` with a proxy before `upstream`, and closes it however `body` ends.
public func withFaultProxy<R: Sendable>(
  to upstream: Upstream, link: Link = .instant, watching texts: [String] = [],
  isolation: isolated (any Actor)? = #isolation, _ body: (FaultProxy) async throws -> R
) async throws -> R {
  let proxy = try FaultProxy(to: upstream, link: link, watching: texts)
  do {
    let result = try await body(proxy)
    await proxy.close()
    return result
  } catch {
    await proxy.close()
    throw error
  }
}
