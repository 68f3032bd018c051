import CLibPQ

/// A column of a statement's result, before it is run.
public struct ColumnDescription: Sendable, Hashable, Codable {
  public let name: String
  /// The OID of its type in `pg_type`.
  public let typeOID: UInt32
  /// The type's modifier, such as a length; -1 for none.
  public let typeModifier: Int
}

extension Connection {
  /// Asks the server which columns each of the statements would return, in one round trip and without running them.
  ///
  /// Returns one answer a statement: a mistake in one says nothing of the others.
  public func describe(_ statements: [SQL]) async throws -> [Result<[ColumnDescription], PostgresError>] {
    guard !statements.isEmpty else { return [] }
    let texts = statements.map(\.text)
    let start = ContinuousClock.now
    let answers = try await unsafe waiting { pointer in
      guard unsafe PQenterPipelineMode(pointer) == 1 else { throw unsafe connectionError(on: pointer) }
      defer { _ = unsafe PQexitPipelineMode(pointer) }
      for text in texts {
        // A sync point behind each statement keeps a failed one from taking the rest along.
        guard unsafe PQsendPrepare(pointer, "", text, 0, nil) == 1, unsafe PQsendDescribePrepared(pointer, "") == 1,
          unsafe PQpipelineSync(pointer) == 1
        else { throw unsafe connectionError(on: pointer, statement: text) }
      }
      return try texts.map { text throws(PostgresError) in try unsafe description(of: text, on: pointer) }
    }
    for (text, answer) in zip(texts, answers) {
      var failure: (any Error)?
      if case .failure(let error) = answer { failure = error }
      trace("-- describe\n" + text, since: start, isPipelined: true, failure: failure)
    }
    try checkCancellation(answers)
    return answers
  }

  /// Reads the answers to one statement up to its sync point.
  private func description(
    of text: String, on pointer: OpaquePointer
  ) throws(PostgresError) -> Result<[ColumnDescription], PostgresError> {
    var columns: [ColumnDescription] = []
    let failure = try unsafe resultsUntilSync(of: [text], on: pointer) { columns = $0.columnDescriptions() }
    return failure.map { .failure($0) } ?? .success(columns)
  }
}

extension ResultHandle {
  func columnDescriptions() -> [ColumnDescription] {
    let count = unsafe PQnfields(pointer)
    return (0..<count).map { column in
      ColumnDescription(
        name: unsafe String(cString: PQfname(pointer, column)), typeOID: unsafe PQftype(pointer, column),
        typeModifier: Int(unsafe PQfmod(pointer, column)))
    }
  }
}
