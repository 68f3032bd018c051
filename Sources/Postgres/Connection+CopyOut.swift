import CLibPQ

/// A running `COPY … TO STDOUT`; valid during ``Connection/copyOut(_:isolation:_:)``.
public struct CopyOutReader: Sendable {
  fileprivate let connection: Connection
  fileprivate let statement: String

  /// Fills `buffer` with the next rows, up to `size` bytes (more only if a single row is wider), and returns it;
  /// `nil` at the end of the stream. What was in the buffer is dropped. A wide row ends it.
  ///
  /// A row is never split over two buffers: the server sends each in a message of its own.
  ///
  /// `nil` comes only after the server has said that the statement is done: who stores the rows elsewhere may take it
  /// for the end, and nothing can be lost or sent again after it. Throws ``PostgresError``, also where the stream
  /// breaks off.
  public func next(into buffer: CopyBuffer, size: Int) async throws -> CopyBuffer? {
    try await connection.readCopyData(into: buffer, size: size, statement: statement) ? buffer : nil
  }
}

extension Connection {
  /// Runs `COPY … TO STDOUT` and hands its stream to `body`. Returns what `body` returns, and the number of rows that
  /// the server says it sent.
  ///
  /// If `body` ends before the stream does, the statement is cancelled on the server and the connection made ready
  /// again; leaving early without an error is an error.
  public func copyOut<R: Sendable>(
    _ sql: SQL, isolation: isolated (any Actor)? = #isolation, _ body: (CopyOutReader) async throws -> R
  ) async throws -> (result: R, rows: Int) {
    let start = ContinuousClock.now
    let text = sql.text
    do {
      try await startCopy(text, expecting: PGRES_COPY_OUT)
      let result: R
      do {
        result = try await body(CopyOutReader(connection: self, statement: text))
      } catch {
        await abandonCopyOut()
        throw error
      }
      do {
        let rows = try await finishCopyOut(text)
        await trace(text, since: start, rows: rows)
        return (result, rows)
      } catch {
        await abandonCopyOut()
        throw error
      }
    } catch {
      await trace(text, since: start, failure: error)
      throw error
    }
  }

  /// Sends the COPY statement and waits until the server is ready to send or take data. Other statements may stand in
  /// front of it, of which the last query's rows are returned, and behind it.
  @discardableResult
  func startCopy(_ text: String, expecting expected: ExecStatusType) async throws -> QueryResult? {
    copiedOutRows = nil
    countRoundTrip()
    return try await unsafe waiting { pointer in
      guard unsafe PQsendQuery(pointer, text) == 1 else { throw unsafe connectionError(on: pointer, statement: text) }
      var answer: QueryResult?
      while let next = unsafe PQgetResult(pointer) {
        let result = unsafe ResultHandle(taking: next)
        switch result.status {
        case expected: return answer
        case PGRES_TUPLES_OK: answer = try result.queryResult(connection: label, statement: text)
        case PGRES_COMMAND_OK: break
        default: throw unsafe behind(failure(result, statement: text), on: pointer, statement: text)
        }
      }
      throw unsafe connectionError(on: pointer, statement: text)
    }
  }

  fileprivate func readCopyData(into buffer: CopyBuffer, size: Int, statement: String) async throws -> Bool {
    buffer.clear()
    guard copiedOutRows == nil else { return false }
    return try await unsafe waiting { pointer in
      while buffer.bytes.count < size {
        var row: UnsafeMutablePointer<CChar>?
        let length = unsafe PQgetCopyData(pointer, &row, 0)
        if length < 0 {
          if length == -2 { throw unsafe connectionError(on: pointer) }
          copiedOutRows = try unsafe copyResult(on: pointer, statement: statement)
          break
        }
        // libpq hands over `length` bytes, ours to free.
        if length >= WideRow.threshold, let row = unsafe row {
          unsafe buffer.wideRow = WideRow(taking: row, count: Int(length))
          break
        }
        unsafe buffer.bytes.append(contentsOf: UnsafeRawBufferPointer(start: row, count: Int(length)))
        unsafe PQfreemem(row)
        canceller?.noteProgress()
      }
      return buffer.count > 0
    }
  }

  /// The number of rows that the server says it sent.
  private func finishCopyOut(_ text: String) async throws -> Int {
    // The trailer may just have filled the last buffer, so that the end itself has not been seen yet.
    let rest = CopyBuffer(capacity: 0)
    if copiedOutRows == nil { _ = try await readCopyData(into: rest, size: 1, statement: text) }
    guard rest.count == 0, let rows = copiedOutRows else {
      throw PostgresError(
        kind: .protocolViolation, connection: label, message: "a COPY was left before its end", statement: text)
    }
    return rows
  }

  /// The result of a COPY whose data has ended: its row count, or the server's error.
  func copyResult(on pointer: OpaquePointer, statement: String) throws(PostgresError) -> Int {
    var rows: Int?
    var failure: PostgresError?
    while let next = unsafe PQgetResult(pointer) {
      let result = unsafe ResultHandle(taking: next)
      switch result.status {
      case PGRES_COMMAND_OK: rows = rows ?? result.affectedRows
      case PGRES_TUPLES_OK: break  // Of a statement behind the COPY.
      default:
        failure = failure ?? self.failure(result, statement: statement)
      }
    }
    if let failure { throw unsafe behind(failure, on: pointer, statement: statement) }
    guard let rows else { throw unsafe connectionError(on: pointer, statement: statement) }
    return rows
  }

  /// Cancels a COPY out that is still running, and reads what is on its way.
  private func abandonCopyOut() async {
    guard let pointer = unsafe try? pointer(), unsafe PQtransactionStatus(pointer) == PQTRANS_ACTIVE else { return }
    requestCancel()
    _ = try? await unsafe waiting(deadline: StatementCanceller.grace) { pointer in
      var row: UnsafeMutablePointer<CChar>?
      while unsafe PQgetCopyData(pointer, &row, 0) > 0 { unsafe PQfreemem(row) }
      while let rest = unsafe PQgetResult(pointer) { unsafe PQclear(rest) }
    }
  }
}
