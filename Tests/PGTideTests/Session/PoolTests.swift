import Postgres
import Synchronization
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// A pool of connections to a server that is only played.
@Suite struct PoolTests {
  /// A connection that notes what becomes of it.
  private final class Line: Lendable {
    let number: Int
    private let state = Mutex<(isUsable: Bool, told: [String])>((true, []))

    init(_ number: Int) { self.number = number }

    var isUsable: Bool { state.withLock(\.isUsable) }
    var told: [String] { state.withLock(\.told) }

    func breakDown() { state.withLock { $0.isUsable = false } }
    func rollBack() { state.withLock { $0.told.append("rolled back") } }
    func end() { state.withLock { $0 = (false, $0.told + ["ended"]) } }
    func close() { state.withLock { $0 = (false, $0.told + ["closed"]) } }
  }

  /// Gives so many connections, as long as none of them is ended.
  private final class Server: Sendable {
    let room: Int
    let kind: PostgresError.Kind
    private let lines = Mutex<[Line]>([])

    init(room: Int, refusing kind: PostgresError.Kind = .cannotConnect) {
      self.room = room
      self.kind = kind
    }

    var opened: [Line] { lines.withLock(\.self) }

    func open(_ number: Int) throws -> Line {
      try Task.checkCancellation()
      return try lines.withLock { lines in
        guard lines.count(where: \.isUsable) < room else {
          throw PostgresError(kind: kind, connection: "target \(number)", message: "too many connections")
        }
        lines.append(Line(number))
        return lines[lines.count - 1]
      }
    }

    func pool(discardsAfterError: Bool = false) -> Pool<Line> {
      Pool(discardsAfterError: discardsAfterError) { try self.open($0) }
    }
  }

  private struct Failed: Error {}

  // MARK: - Opening

  @Test func `as many are opened as are asked for, and lent before new ones`() async throws {
    let server = Server(room: 9)
    let pool = server.pool()
    let opened = try await pool.open(3)
    #expect(opened.count == 3 && opened.refusal == nil)
    for _ in 1...3 { _ = try await pool.borrow() }
    #expect(server.opened.map(\.number).sorted() == [1, 2, 3])
    _ = try await pool.borrow()
    #expect(server.opened.count == 4)
  }

  @Test(arguments: [(1, 1), (2, 1), (3, 2), (4, 3)])
  func `of those that a server gives, one is left to others where it gives no more`(room: Int, left: Int) async throws {
    let server = Server(room: room)
    let opened = try await server.pool().open(5)
    #expect(opened.count == left)
    #expect(opened.refusal?.kind == .cannotConnect)
    #expect(server.opened.count(where: \.isUsable) == left)
  }

  @Test func `a server that gives none is an error, and to open none asks nobody`() async throws {
    let pool = Server(room: 0).pool()
    let error = await #expect(throws: PostgresError.self) { try await pool.open(3) }
    #expect(error?.kind == .cannotConnect)
    #expect(try await pool.open(0).count == 0)
  }

  @Test func `a run that is cancelled while it connects hears of that, and of no refusal`() async {
    let pool = Server(room: 9).pool()
    let task = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      _ = try await pool.open(2)
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func `a connection is set up once, before it is lent for the first time`() async throws {
    let server = Server(room: 9)
    let pool = server.pool()
    let setUp = Mutex<[Int]>([])
    await pool.connect(1)
    await pool.setUp { line in setUp.withLock { $0.append(line.number) } }
    for _ in 1...2 { try await pool.lend { _ in } }
    #expect(setUp.withLock(\.self) == [1])
  }

  @Test func `one that cannot be set up is ended`() async throws {
    let server = Server(room: 9)
    let pool = server.pool()
    await pool.setUp { _ in throw Failed() }
    await #expect(throws: Failed.self) { try await pool.lend { _ in Issue.record("it was lent") } }
    #expect(server.opened.map(\.told) == [["ended"]])
  }

  // MARK: - Giving back

  @Test func `a broken connection is closed, and another one opened in its place`() async throws {
    let server = Server(room: 1)
    let pool = server.pool()
    try await pool.lend { $0.breakDown() }
    #expect(server.opened.map(\.told) == [["closed"]])
    #expect(try await pool.borrow().number == 2)
  }

  @Test func `after an error the transaction is rolled back, and the connection used again`() async throws {
    let server = Server(room: 1)
    let pool = server.pool()
    await #expect(throws: Failed.self) { try await pool.lend { _ in throw Failed() } }
    #expect(server.opened.map(\.told) == [["rolled back"]])
    #expect(try await pool.borrow().number == 1)
  }

  @Test func `a pool whose connections are in one transaction each ends one after an error`() async throws {
    let server = Server(room: 1)
    let pool = server.pool(discardsAfterError: true)
    await #expect(throws: Failed.self) { try await pool.lend { _ in throw Failed() } }
    #expect(server.opened[0].told.first == "ended")
    #expect(try await pool.borrow().number == 2)
  }

  @Test func `what is not needed any more is ended, and all of it at the end`() async throws {
    let server = Server(room: 9)
    let pool = server.pool()
    _ = try await pool.open(4)
    await pool.shrink(to: 2)
    #expect(server.opened.count(where: \.isUsable) == 2)
    await pool.connect(1)
    await pool.close()
    #expect(server.opened.map(\.told) == Array(repeating: ["ended"], count: 5))
  }

  // MARK: - Waiting

  @Test func `who finds no room gets the connection that is given back`() async throws {
    let pool = Server(room: 1).pool()
    let first = try await pool.borrow()
    let waiting = Task { try await pool.borrow() }
    try await Task.sleep(for: .milliseconds(50))
    await pool.giveBack(first)
    #expect(try await waiting.value === first)
  }

  @Test func `a cancelled task waits no longer`() async throws {
    let pool = Server(room: 1).pool()
    let first = try await pool.borrow()
    let waiting = Task { try await pool.borrow() }
    try await Task.sleep(for: .milliseconds(50))
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    await pool.giveBack(first)
    #expect(try await pool.borrow() === first)
  }

  @Test func `nobody waits while none is lent, or after an error of another kind`() async throws {
    await #expect(throws: PostgresError.self) { try await Server(room: 0).pool().borrow() }
    let pool = Server(room: 1, refusing: .statement).pool()
    _ = try await pool.borrow()
    let error = await #expect(throws: PostgresError.self) { try await pool.borrow() }
    #expect(error?.kind == .statement)
  }
}
