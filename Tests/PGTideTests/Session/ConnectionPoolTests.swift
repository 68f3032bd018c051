import Postgres
import Synchronization
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// A pool to an end where nothing answers.
@Suite struct ConnectionPoolTests {
  /// The numbers of the connections that were tried.
  private final class Tried: Sendable {
    private let tried = Mutex<[Int]>([])

    var numbers: [Int] { tried.withLock { $0.sorted() } }

    func note(_ number: Int) { tried.withLock { $0.append(number) } }
  }

  private func pool(_ tried: Tried = Tried()) -> ConnectionPool {
    ConnectionPool { number in
      tried.note(number)
      return ConnectionOptions(label: "target \(number)", connectionString: "host=127.0.0.1 port=1")
    }
  }

  @Test func `a pool that gets no connection at all says why`() async {
    let tried = Tried()
    let error = await #expect(throws: PostgresError.self) { try await pool(tried).open(3) }
    #expect(error?.kind == .cannotConnect)
    #expect(tried.numbers == [1, 2, 3])
  }

  @Test func `to open none asks nobody`() async throws {
    let tried = Tried()
    let opened = try await pool(tried).open(0)
    #expect(opened.count == 0)
    #expect(opened.refusal == nil)
    #expect(tried.numbers.isEmpty)
  }

  @Test func `what was refused beforehand is told, and tried again when it is needed`() async {
    let tried = Tried()
    let pool = pool(tried)
    #expect(await pool.connect(2)?.kind == .cannotConnect)
    await #expect(throws: PostgresError.self) { try await pool.open(1) }
    #expect(tried.numbers == [1, 2, 3])
    await pool.close()
  }

  @Test func `nobody waits for a connection to be given back while none is lent`() async {
    let tried = Tried()
    await #expect(throws: PostgresError.self) { try await pool(tried).borrow() }
    #expect(tried.numbers == [1])
  }

  @Test func `work is not begun without a connection`() async {
    let begun = Tried()
    await #expect(throws: PostgresError.self) { try await pool().lend { _ in begun.note(1) } }
    #expect(begun.numbers.isEmpty)
  }

  @Test func `a run that is cancelled while it connects hears of that, and of no refusal`() async {
    let pool = pool()
    let task = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      _ = try await pool.open(2)
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
