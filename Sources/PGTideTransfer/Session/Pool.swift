import Postgres

/// Connections to one end that move and merge rows. They are opened before or when they are first needed,
/// and used again.
///
/// Whoever borrows is one of a fixed number of workers, which bounds the connections. Nobody waits, unless the server gives no
/// more of them while others are lent.
package actor Pool<Lent: Lendable> {
  private let connecting: @Sendable (Int) async throws -> Lent
  private var idle: [Lent] = []
  /// Connected, and not yet set up to be lent.
  private var connected: [Lent] = []
  private var count = 0
  private var lent = 0

  /// What a new connection does before it is lent.
  private var firstSteps: @Sendable (Lent) async throws -> Void = { _ in }
  /// A connection is not used again after an error: its transaction has failed.
  private let discardsAfterError: Bool
  /// How long somebody waits for one that is lent, where the server gives no more.
  private static var patience: Duration { .seconds(30) }

  package init(discardsAfterError: Bool = false, connecting: @escaping @Sendable (Int) async throws -> Lent) {
    self.connecting = connecting
    self.discardsAfterError = discardsAfterError
  }

  /// Lends a connection to `body`. One that is broken afterwards is closed instead of being lent again.
  package nonisolated func lend<R: Sendable>(_ body: @Sendable (Lent) async throws -> R) async throws -> R {
    let connection = try await borrow()
    do {
      let result = try await body(connection)
      await giveBack(connection)
      return result
    } catch {
      // Who gets it next would only hear that a transaction is aborted.
      if discardsAfterError { await connection.end() } else { await connection.rollBack() }
      await giveBack(connection)
      throw error
    }
  }

  /// Connects so many times at once, when what a connection does before it is lent cannot be done yet. Returns why it is
  /// less often than that; of those that there are, one is given back then, so that others who need one get it.
  ///
  /// Whatever the reason: there is a connection to this end already, by the same string. Limits have many texts, in the
  /// server's language, and poolers have their own.
  @discardableResult
  package nonisolated func connect(_ count: Int) async -> PostgresError? {
    let refusal = await withTaskGroup(of: PostgresError?.self) { group in
      for _ in 0..<count {
        group.addTask {
          do {
            await self.keep(try await self.connect())
            return nil
          } catch {
            return error as? PostgresError
          }
        }
      }
      return await group.reduce(PostgresError?.none) { $0 ?? $1 }
    }
    if refusal != nil { await shrink(toConnected: max(1, await connectedCount - 1)) }
    return refusal
  }

  private var connectedCount: Int { connected.count }

  private func shrink(toConnected count: Int) async {
    while connected.count > count, let connection = connected.popLast() { await connection.end() }
  }

  /// From here on each connection does this before it is lent for the first time.
  package func setUp(with setUp: @escaping @Sendable (Lent) async throws -> Void) { firstSteps = setUp }

  /// What came of opening several connections.
  package struct Opened: Sendable {
    package let count: Int
    /// Why there are no more.
    package let refusal: PostgresError?
  }

  /// Opens so many connections at once, before they are needed, or as many of them as the server gives: one at least.
  ///
  /// Throws: why there is none; what a connection's first steps throw.
  package nonisolated func open(_ count: Int) async throws -> Opened {
    guard count > 0 else { return Opened(count: 0, refusal: nil) }
    await shrink(toConnected: count)
    var refusal = await connect(count - connectedCount)
    let ready = await connectedCount
    if ready == 0, let refusal { throw refusal }
    try Task.checkCancellation()
    let lost = try await withThrowingTaskGroup(of: PostgresError?.self) { group in
      for _ in 0..<ready {
        group.addTask {
          do {
            await self.putAside(try await self.open())
            return nil
          } catch let error as PostgresError where error.isOfConnection {
            return error
          }
        }
      }
      return try await group.reduce(into: []) { lost, error in lost += [error].compactMap(\.self) }
    }
    refusal = refusal ?? lost.first
    if lost.count == ready, let refusal { throw refusal }
    return Opened(count: ready - lost.count, refusal: refusal)
  }

  /// Closes those that are not needed, as long as none is lent.
  package func shrink(to count: Int) async {
    while idle.count > count, let connection = idle.popLast() { await connection.end() }
  }

  /// Closes all connections; none may be on loan.
  package func close() async {
    let all = idle + connected
    (idle, connected) = ([], [])
    for connection in all { await connection.end() }
  }

  /// Lends a connection until it is given back: to a transaction that outlives the work that began it.
  package func borrow() async throws -> Lent {
    let end = ContinuousClock.now.advanced(by: Self.patience)
    while true {
      do {
        let connection: Lent
        if let waiting = idle.popLast() { connection = waiting } else { connection = try await open() }
        lent += 1
        return connection
      } catch let error as PostgresError where error.isOfConnection && lent > 0 && ContinuousClock.now < end {
        // One of those will be given back, unless the server lets us in before.
        try await Task.sleep(for: .milliseconds(250))
      }
    }
  }

  private func connect() async throws -> Lent {
    count += 1
    return try await connecting(count)
  }

  private func keep(_ connection: Lent) { connected.append(connection) }

  private func open() async throws -> Lent {
    while let connection = connected.popLast() {
      do {
        return try await ready(connection)
      } catch let error as PostgresError where error.kind == .connectionLost {
        // Lost while it was not needed yet.
      }
    }
    return try await ready(connect())
  }

  private func ready(_ connection: Lent) async throws -> Lent {
    do {
      // Part of connecting, which is not counted.
      try await RoundTrips.$current.withValue(nil) { try await firstSteps(connection) }
      return connection
    } catch {
      await connection.end()
      throw error
    }
  }

  /// Takes back a connection whose transaction has ended.
  package func giveBack(_ connection: Lent) async {
    lent -= 1
    await putAside(connection)
  }

  private func putAside(_ connection: Lent) async {
    if await connection.isUsable { idle.append(connection) } else { await connection.close() }
  }
}

extension PostgresError {
  /// It could not be made, or was lost: not a word about a statement.
  fileprivate var isOfConnection: Bool { kind == .cannotConnect || kind == .connectionLost }
}
