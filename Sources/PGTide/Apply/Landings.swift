import Postgres
import Synchronization

/// What became of the groups of a run, for work that has begun before it could be known.
final class Landings: Sendable {
  private struct End: Sendable {
    let hasLanded: Bool
    /// Round trips in a row until then.
    let path: [String: Int]
  }

  private struct State {
    var ended: [Int: End] = [:]
    var waiting: [Int: [AsyncStream<End>.Continuation]] = [:]
  }

  private let state = Mutex(State())

  /// A group, by its place in the plan, has landed, or will not in this run.
  ///
  /// - Parameter path: the round trips in a row until then. Whoever waits has waited for them.
  func note(_ group: Int, hasLanded: Bool, path: [String: Int]) {
    let end = End(hasLanded: hasLanded, path: path)
    let waiting = state.withLock { state in
      guard state.ended[group] == nil else { return [AsyncStream<End>.Continuation]() }
      state.ended[group] = end
      return state.waiting.removeValue(forKey: group) ?? []
    }
    for continuation in waiting {
      continuation.yield(end)
      continuation.finish()
    }
  }

  /// All of these groups have landed by now.
  func haveLanded(_ groups: [Int]) -> Bool {
    state.withLock { state in groups.allSatisfy { state.ended[$0]?.hasLanded == true } }
  }

  /// Waits until it is known whether the group lands.
  ///
  /// Throws: `CancellationError`.
  func hasLanded(_ group: Int) async throws -> Bool {
    let end = try await end(of: group)
    RoundTrips.current?.raise(to: end.path)
    return end.hasLanded
  }

  private func end(of group: Int) async throws -> End {
    let (stream, continuation) = AsyncStream.makeStream(of: End.self)
    let known = state.withLock { state -> End? in
      if let ended = state.ended[group] { return ended }
      state.waiting[group, default: []].append(continuation)
      return nil
    }
    if let known { return known }
    for await end in stream { return end }
    throw CancellationError()
  }
}
