import CLibPQ

extension Connection {
  /// Asks the server which columns each of the statements would return, in one round trip and without running them.
  ///
  /// Returns one answer a statement: a mistake in one says nothing of the others.
  public func describe(_ statements: [SQL]) async throws -> [Result<[ColumnDescription], PostgresError>] {
    try await describe(groups: statements.map { [$0] }).flatMap(\.self)
  }

  /// The same for groups of statements. One that fails takes the rest of its group along, for which there is no answer:
  /// a lock that several of them need is waited for once.
  public func describe(groups: [[SQL]]) async throws -> [[Result<[ColumnDescription], PostgresError>]] {
    guard !groups.isEmpty else { return [] }
    let groups = groups.map { $0.map(\.text) }
    let start = ContinuousClock.now
    let answers = try await unsafe pipeline(groups.indices) { place, pointer throws(PostgresError) in
      for text in groups[place] {
        guard unsafe PQsendPrepare(pointer, "", text, 0, nil) == 1, unsafe PQsendDescribePrepared(pointer, "") == 1
        else { throw unsafe connectionError(on: pointer, statement: text) }
      }
    } read: { place, pointer throws(PostgresError) in
      try unsafe descriptions(of: groups[place], on: pointer)
    }
    for (group, answers) in zip(groups, answers) {
      for (text, answer) in zip(group, answers) {
        var failure: (any Error)?
        if case .failure(let error) = answer { failure = error }
        trace("-- describe\n" + text, since: start, isPipelined: true, failure: failure)
      }
    }
    try checkCancellation(answers.flatMap(\.self))
    return answers
  }

  /// Reads the answers to one group up to its sync point.
  private func descriptions(
    of group: [String], on pointer: OpaquePointer
  ) throws(PostgresError) -> [Result<[ColumnDescription], PostgresError>] {
    // Each statement has two answers, of which the second has the columns.
    var answers: [[ColumnDescription]] = []
    let failure = try unsafe resultsUntilSync(of: group.flatMap { [$0, $0] }, on: pointer) {
      answers.append($0.columnDescriptions())
    }
    let described = stride(from: 1, to: answers.count, by: 2).map { Result<_, PostgresError>.success(answers[$0]) }
    return described + [failure.map { .failure($0) }].compactMap(\.self)
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
