import Postgres

/// How the rows of a direct load cross: each table's by COPY, or all of them as arrays.
extension DirectLoad {
  func copy(_ loads: [TableLoad], to target: Connection, _ progress: Progress) async throws -> [TableLoad] {
    if loads.allSatisfy(\.table.isSentAsArrays) { return try await arrays(loads, progress) }
    if loads.count == 1 {
      return [try await copy(loads[0], progress) { copy, source in try await copy.run(from: source, to: target) }]
    }
    // One wait for each table.
    return try await target.copyInSeries(loads.flatMap(\.copyIns)) { series in
      var copied: [TableLoad] = []
      for load in loads {
        copied.append(try await copy(load, progress) { copy, source in try await copy.run(from: source, to: series) })
      }
      return copied
    }
  }

  /// The rows of small tables, read together; they are inserted with what proves the load.
  private func arrays(_ loads: [TableLoad], _ progress: Progress) async throws -> [TableLoad] {
    guard let source = extraction.source else { throw DirectLoadObstacle(reason: "the rows are not on the source") }
    let start = ContinuousClock.now
    let pins = loads.map { $0.table.stagedColumns.pins(in: .text) + $0.table.source.lookups.pins }.sum
    let question = Question.all(
      .running(pins.isEmpty ? [] : [pins.statement]),
      .each(loads.map { load in .each(load.arrayQuestions.map { Question($0, RowArrays.init) }) }))
    let (_, answers) = try await source.lend { try await PassingLocks.ask(question, on: $0) }
    let rows = answers.joined().map { $0?.rows ?? 0 }.reduce(0, +)
    let duration = start.duration(to: .now)
    return try zip(loads, answers).map { load, answers in
      var load = load
      let arrays = answers.compactMap(\.self)
      guard arrays.count == answers.count else {
        throw DirectLoadFailure(
          culprit: load.table.target, cause: DirectLoadObstacle(reason: "its rows are wide, or hold a NaN with a sign"))
      }
      // One answer brought all of them; each gets its part of the time.
      let part = Double(arrays.map(\.rows).reduce(0, +)) / Double(max(1, rows))
      load.take(arrays, took: duration * part)
      let (read, bytes) = (load.extracted.counts.read, load.extracted.bytes)
      progress.add(load.table.target, rows: read, bytes: bytes)
      context.observer(.staged(table: load.table.label, rows: read, bytes: bytes))
      return load
    }
  }

  private func copy(
    _ load: TableLoad, _ progress: Progress,
    _ carry: @escaping @Sendable (ChunkCopy, Connection) async throws -> ChunkCopy.Outcome
  ) async throws -> TableLoad {
    guard let source = extraction.source else { throw DirectLoadObstacle(reason: "the rows are not on the source") }
    let (table, observer) = (load.table, context.observer)
    return try await DirectLoadFailure.explaining(table) {
      var load = load
      let bufferBytes = context.settings.bufferBytes
      try await load.copy(
        from: source, bufferBytes: bufferBytes,
        progress: { rows, bytes in
          progress.add(table.target, rows: rows, bytes: bytes)
          observer(.staged(table: table.label, rows: rows, bytes: bytes))
        }, carry)
      return load
    }
  }
}
