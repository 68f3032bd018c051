import Postgres

/// A way into tables: a question that travels with BEGIN, and how rows are written and proved when it is answered.
struct WayIn<Opened: Sendable>: Sendable {
  let opening: Question<Opened>
  let write: @Sendable (Connection, Opened) async throws -> Conclusion

  init(
    asking opening: Question<Opened>, _ write: @escaping @Sendable (Connection, Opened) async throws -> Conclusion
  ) {
    self.opening = opening
    self.write = write
  }
}

extension WayIn<Void> {
  /// One that asks nothing beforehand.
  init(_ write: @escaping @Sendable (Connection) async throws -> Conclusion) {
    self.init(asking: .running([])) { connection, _ in try await write(connection) }
  }
}
