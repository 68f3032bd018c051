/// Lets a few in at a time: Swift Testing starts all tests at once, and the servers have only so many connections.
actor Gate {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(width: Int) { free = width }

  nonisolated(nonsending) func whileInside<R: Sendable>(
    _ body: nonisolated(nonsending) () async throws -> R
  ) async throws -> R {
    await enter()
    let result: Result<R, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    await leave()
    return try result.get()
  }

  private func enter() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  private func leave() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
