import CLibPQ
import Synchronization

/// Several running `COPY … FROM STDIN`, of which the server takes up the next when one has ended; valid during
/// ``Connection/copyInSeries(_:isolation:_:)``.
public final class CopyInSeries: Sendable {
  private let connection: Connection
  private let texts: [String]
  private let ended = Mutex(0)

  fileprivate init(connection: Connection, texts: [String]) {
    self.connection = connection
    self.texts = texts
  }

  /// Lets `body` write the stream of the next COPY, and ends it. Returns what `body` returns, and the number of rows that
  /// the server says it stored.
  public func next<R: Sendable>(
    isolation: isolated (any Actor)? = #isolation, _ body: (CopyInWriter) async throws -> R
  ) async throws -> (result: R, rows: Int) {
    let start = ContinuousClock.now
    let place = ended.withLock { $0 }
    let result = try await body(CopyInWriter(connection: connection))
    let following = place + 1 < texts.count ? texts[place + 1] : nil
    let rows = try await connection.finishCopyIn(texts[place], before: following)
    ended.withLock { $0 += 1 }
    await connection.trace(texts[place], since: start, rows: rows)
    return (result, rows)
  }

  fileprivate var isOver: Bool { ended.withLock { $0 } == texts.count }
}

extension Connection {
  /// Runs several `COPY … FROM STDIN`, sent in one message: one wait for each, and one to begin, where each alone takes
  /// two. It must be inside a transaction block, and `body` must write all of them, in their order.
  ///
  /// If `body` throws, or the server refuses a row, nothing of any is stored.
  ///
  /// - Source: manual, "55.2.2.1 Multiple Statements in a Simple Query" and "34.10 Functions Associated with the COPY
  ///   Command".
  public func copyInSeries<R: Sendable>(
    _ statements: [SQL], isolation: isolated (any Actor)? = #isolation, _ body: (CopyInSeries) async throws -> R
  ) async throws -> R {
    let texts = statements.map(\.text)
    let series = CopyInSeries(connection: self, texts: texts)
    do {
      try await startCopy(texts.joined(separator: ";\n"), expecting: PGRES_COPY_IN)
      let result = try await body(series)
      guard series.isOver else {
        throw PostgresError(kind: .protocolViolation, connection: label, message: "a series of COPYs was left early")
      }
      return result
    } catch {
      await abandonCopyIn()
      await trace(texts.joined(separator: ";\n"), since: .now, failure: error)
      throw error
    }
  }

  /// Ends the COPY that runs, and waits until its rows are stored and the next one has begun.
  fileprivate func finishCopyIn(_ text: String, before following: String?) async throws -> Int {
    countRoundTrip()
    return try await unsafe waiting { pointer in
      guard unsafe PQputCopyEnd(pointer, nil) == 1 else { throw unsafe connectionError(on: pointer, statement: text) }
      guard let following else { return try unsafe copyResult(on: pointer, statement: text) }
      var rows: Int?
      while let next = unsafe PQgetResult(pointer) {
        let result = unsafe ResultHandle(taking: next)
        switch result.status {
        case PGRES_COMMAND_OK: rows = result.affectedRows
        case PGRES_COPY_IN:
          guard let rows else { throw unsafe connectionError(on: pointer, statement: text) }
          return rows
        default:
          let statement = rows == nil ? text : following
          throw unsafe behind(failure(result, statement: statement), on: pointer, statement: statement)
        }
      }
      throw unsafe connectionError(on: pointer, statement: text)
    }
  }
}
