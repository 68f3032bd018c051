import Postgres

/// Where the looks at the source come from.
enum SourceHolding: Sendable {
  /// Each look takes a snapshot of its own, which this session holds.
  case owner(Connection)
  /// All looks are at one snapshot, which somebody else ends.
  case held(OpenSource)

  /// Opens one state of the source for all who read, and closes it behind `body`.
  ///
  /// - Parameter body: gets the source, and why some tables cannot be read.
  func withSource<R: Sendable>(
    _ context: CheckContext, _ sessions: Sessions,
    _ body: (OpenSource, [QualifiedName: SyncError]) async throws -> R
  ) async throws -> R {
    switch self {
    case .held(let source): return try await body(source, [:])
    case .owner(let owner):
      let snapshot = try await SourceSnapshot.take(
        for: context.plan, owner: owner, retry: context.retry, log: context.log)
      let readers = ConnectionPool(discardsAfterError: true) { sessions.source("source connection \($0)") }
      await readers.setUp { try await snapshot.adopt($0) }
      let open = OpenSource(snapshot: snapshot, readers: readers)
      let result: Result<R, any Error>
      do {
        result = .success(try await body(open, snapshot.failures))
      } catch {
        result = .failure(error)
      }
      _ = await open.release()
      return try result.get()
    }
  }
}
