import Postgres

extension Sessions {
  /// Opens a connection to each end, side by side; that one does not come about says nothing of the other.
  package func withEachEnd<R: Sendable>(
    _ body:
      @Sendable (_ source: Result<Connection, any Error>, _ target: Result<Connection, any Error>) async throws -> R
  ) async throws -> R {
    try await withThrowingTaskGroup(of: Void.self) { watch in
      watch.addTask { await stallWatch.run() }
      defer { watch.cancelAll() }
      async let sourceEnd = Result.of { try await session(self.source("source")) }
      async let targetEnd = Result.of { try await session(self.target("target")) }
      let (source, target) = await (sourceEnd, targetEnd)
      let result = await Result.of { try await body(source, target) }
      try? await source.get().end()
      try? await target.get().end()
      return try result.get()
    }
  }

  /// A connection that is a session.
  private func session(_ options: ConnectionOptions) async throws -> Connection {
    let connection = try await Connection.open(own(options))
    do {
      try await demandSessions([connection])
      return connection
    } catch {
      await connection.end()
      throw error
    }
  }
}
