import CLibPQ

/// A running `COPY … FROM STDIN`; valid during ``Connection/copyIn(_:isolation:_:)``.
public struct CopyInWriter: Sendable {
  let connection: Connection
  /// The most that one message of the stream holds; a stream may be cut anywhere.
  fileprivate static let sliceBytes = 1 << 20

  /// Sends the buffer's bytes. The buffer is free for other use when this returns.
  public func write(_ buffer: CopyBuffer) async throws {
    try await connection.writeCopyData(buffer)
  }
}

extension Connection {
  /// Runs `COPY … FROM STDIN`, lets `body` write its stream, and ends it. Returns what `body` returns, and the number
  /// of rows that the server says it stored.
  ///
  /// If `body` throws, the COPY is aborted: the server stores nothing of it, and the connection is ready again.
  ///
  /// - Parameter hasCommitted: asked, outside a transaction block, when the connection goes after the last row and
  ///   before the server's answer. If it says yes, the number of rows is `nil`: all that were written.
  ///
  /// Throws: what `body` and `hasCommitted` throw; ``PostgresError``; ``UncertainCommit`` where nobody can be asked, or
  /// the answer is no.
  public func copyIn<R: Sendable>(
    _ sql: SQL, isolation: isolated (any Actor)? = #isolation,
    hasCommitted: (UncertainCommit) async throws -> Bool = { _ in false },
    _ body: (CopyInWriter) async throws -> R
  ) async throws -> (result: R, rows: Int?) {
    let start = ContinuousClock.now
    let text = sql.text
    do {
      let transaction = try await startCopyIn(text)
      do {
        let result = try await body(CopyInWriter(connection: self))
        let rows: Int?
        do {
          rows = try await finishCopyIn(text, transaction)
        } catch let error as UncertainCommit {
          guard try await hasCommitted(error) else { throw error }
          rows = nil
        }
        await trace(text, since: start, rows: rows)
        return (result, rows)
      } catch {
        await abandonCopyIn()
        throw error
      }
    } catch {
      await trace(text, since: start, failure: error)
      throw error
    }
  }

  fileprivate func writeCopyData(_ buffer: CopyBuffer) async throws {
    try await unsafe waiting { pointer in
      try buffer.withPieces { piece throws(PostgresError) in
        try unsafe piece.withUnsafeBytes { bytes throws(PostgresError) in
          // In slices, because libpq and the server make room for all of a message.
          for start in stride(from: 0, to: bytes.count, by: CopyInWriter.sliceBytes) {
            let slice = unsafe UnsafeRawBufferPointer(
              rebasing: bytes[start..<min(start + CopyInWriter.sliceBytes, bytes.count)])
            // libpq copies what it cannot send at once; the piece outlives the call.
            let sent = unsafe PQputCopyData(
              pointer, slice.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(slice.count))
            guard sent == 1 else { throw unsafe connectionError(on: pointer) }
          }
        }
      }
    }
  }

  /// Outside a transaction block, asks for the number of the COPY's own transaction in the same message: statements
  /// that are sent together are one transaction (manual, "55.2.2.1 Multiple Statements in a Simple Query").
  private func startCopyIn(_ text: String) async throws -> TransactionIdentity? {
    let isAlone = try unsafe PQtransactionStatus(pointer()) == PQTRANS_IDLE
    let answer = try await startCopy(
      isAlone ? TransactionIdentity.question.text + ";\n" + text : text, expecting: PGRES_COPY_IN)
    return isAlone ? answer.map(TransactionIdentity.init) : nil
  }

  private func finishCopyIn(_ text: String, _ transaction: TransactionIdentity?) async throws -> Int {
    countRoundTrip()
    do {
      return try await unsafe waiting { pointer in
        guard unsafe PQputCopyEnd(pointer, nil) == 1 else { throw unsafe connectionError(on: pointer, statement: text) }
        return try unsafe copyResult(on: pointer, statement: text)
      }
    } catch let error as PostgresError where error.kind == .connectionLost {
      guard let transaction else { throw error }
      throw UncertainCommit(transaction: transaction, cause: error)
    }
  }

  /// Tells the server that the data does not come to its end, and reads its answer.
  func abandonCopyIn() async {
    guard let pointer = unsafe try? pointer(), unsafe PQtransactionStatus(pointer) == PQTRANS_ACTIVE else { return }
    _ = try? await unsafe waiting(deadline: StatementCanceller.grace) { pointer in
      _ = unsafe PQputCopyEnd(pointer, "pgtide gave up this chunk")
      while let rest = unsafe PQgetResult(pointer) { unsafe PQclear(rest) }
    }
  }
}
