import CLibPQ

extension Connection {
  /// Sends groups of statements in one message, each with a sync point behind it, so that what fails in one says nothing of
  /// the others, and then reads the answers to each: one round trip (manual, "34.5 Pipeline Mode").
  ///
  /// - Parameters:
  ///   - deadline: as with ``cleanUp(_:within:)``.
  ///   - send: puts the statements of a group on their way.
  ///   - read: reads a group's answers, up to its sync point.
  func pipeline<R: Sendable>(
    _ groups: Range<Int>, deadline: Duration? = nil,
    send: (Int, OpaquePointer) throws(PostgresError) -> Void,
    read: (Int, OpaquePointer) throws(PostgresError) -> R
  ) async throws -> [R] {
    countRoundTrip()
    return try await unsafe waiting(deadline: deadline) { pointer in
      guard unsafe PQenterPipelineMode(pointer) == 1 else { throw unsafe connectionError(on: pointer) }
      defer { _ = unsafe PQexitPipelineMode(pointer) }
      for group in groups {
        try unsafe send(group, pointer)
        guard unsafe PQpipelineSync(pointer) == 1 else { throw unsafe connectionError(on: pointer) }
      }
      return try groups.map { group throws(PostgresError) in try unsafe read(group, pointer) }
    }
  }
}
