import Synchronization

/// Counts how often connections waited for a server's answer: on a slow line each such wait is at least one round trip.
///
/// A task sets one up for what it calls, and its child tasks count to the same one:
///
///     let trips = RoundTrips()
///     try await RoundTrips.$current.withValue(trips) { try await work() }
///
/// The data of a COPY flow in one direction, so that only its start and, towards the server, its end are counted. Making
/// a connection is not counted.
public final class RoundTrips: Sendable {
  /// Where waits are counted; `nil`: nowhere.
  @TaskLocal public static var current: RoundTrips?

  private let waits = Mutex<[String: Int]>([:])

  public init() {}

  /// Waits so far, by the connections' ``ConnectionOptions/end``.
  public var counts: [String: Int] { waits.withLock { $0 } }

  public func add(_ counts: [String: Int]) {
    waits.withLock { $0.merge(counts, uniquingKeysWith: +) }
  }

  /// Something was waited for that had taken as many waits by itself, at the same time.
  public func raise(to counts: [String: Int]) {
    waits.withLock { $0.merge(counts, uniquingKeysWith: max) }
  }
}

extension Connection {
  /// Notes that this connection is about to wait for an answer.
  nonisolated func countRoundTrip() {
    RoundTrips.current?.add([options.end: 1])
  }
}
