import Dispatch
import Postgres
import Synchronization

/// An app that draws numbers and inserts rows with them, whenever it is told to.
final class DrawingApp: Sendable {
  private let connection: Connection
  private let given = Mutex<[Int]>([])
  private let refused = Mutex<[PostgresError]>([])

  init(_ connection: Connection) { self.connection = connection }

  /// Every number that it was given, in order.
  var numbers: [Int] { given.withLock(\.self) }
  /// What the server said to those steps that it did not take.
  var errors: [PostgresError] { refused.withLock(\.self) }

  func forget() {
    given.withLock { $0 = [] }
    refused.withLock { $0 = [] }
  }

  /// Draws numbers, and inserts a row with each of those that are `inserted`.
  func draw(_ count: Int, inserted: @Sendable (Int) -> Bool = { _ in true }) async {
    do {
      for _ in 0..<count {
        let number = try await connection.query("SELECT pg_catalog.nextval('public.t_id_seq')").rows.first?.int(0) ?? 0
        given.withLock { $0.append(number) }
        guard inserted(number) else { continue }
        try await connection.query("INSERT INTO public.t (id, v, source) VALUES (\(number), 'app', 'M')")
      }
    } catch let error as PostgresError {
      refused.withLock { $0.append(error) }
    } catch {}
  }

  /// Moves the sequence ahead itself.
  func set(_ number: Int) async {
    do {
      try await connection.query("SELECT pg_catalog.setval('public.t_id_seq', \(number))")
      given.withLock { $0.append(number) }
    } catch let error as PostgresError {
      refused.withLock { $0.append(error) }
    } catch {}
  }

  /// Does something on a thread that must wait for it.
  static func blocking(_ body: @escaping @Sendable () async -> Void) {
    let done = DispatchSemaphore(value: 0)
    Task {
      await body()
      done.signal()
    }
    done.wait()
  }
}
