import Synchronization

/// What became of the groups of a run, for work that has begun before it could be known.
final class Landings: Sendable {
  private struct State {
    var ended: [Int: Bool] = [:]
    var waiting: [Int: [AsyncStream<Bool>.Continuation]] = [:]
  }

  private let state = Mutex(State())

  /// A group, by its place in the plan, has landed, or will not in this run.
  func note(_ group: Int, hasLanded: Bool) {
    let waiting = state.withLock { state in
      guard state.ended.updateValue(hasLanded, forKey: group) == nil else { return [AsyncStream<Bool>.Continuation]() }
      return state.waiting.removeValue(forKey: group) ?? []
    }
    for continuation in waiting {
      continuation.yield(hasLanded)
      continuation.finish()
    }
  }

  /// All of these groups have landed by now.
  func haveLanded(_ groups: [Int]) -> Bool { state.withLock { state in groups.allSatisfy { state.ended[$0] == true } } }

  /// Waits until it is known whether the group lands.
  ///
  /// Throws: `CancellationError`.
  func hasLanded(_ group: Int) async throws -> Bool {
    let (stream, continuation) = AsyncStream.makeStream(of: Bool.self)
    let known = state.withLock { state -> Bool? in
      if let ended = state.ended[group] { return ended }
      state.waiting[group, default: []].append(continuation)
      return nil
    }
    if let known { return known }
    for await hasLanded in stream { return hasLanded }
    throw CancellationError()
  }
}
