import Postgres

/// Asks both ends what the rows of whole tables look like, for a receipt.
struct ReceiptTaking: Sendable {
  let context: CheckContext
  let source: OpenSource

  /// What became of one table.
  struct Taken: Sendable {
    var table: TablePlan
    var ends: Result<(source: Receipt.End, target: Receipt.End), any Error>

    /// Both ends' numbers say that they are level. That they are not, where digests cannot be compared, says nothing.
    var isLevel: Bool {
      guard table.digest.reasonForReading == nil, let ends = try? ends.get() else { return false }
      return ends.source.isLevel(with: ends.target)
    }
  }

  func take(of tables: [TablePlan]) async throws -> [Taken] {
    let ordered = tables.sorted { $0.estimatedBytes > $1.estimatedBytes }
    var rest = ordered[...]
    return try await withThrowingTaskGroup(of: Taken.self) { workers in
      for table in rest.prefix(context.settings.jobs) { workers.addTask { try await take(table) } }
      rest = rest.dropFirst(context.settings.jobs)
      var taken: [Taken] = []
      while let next = try await workers.next() {
        taken.append(next)
        if let table = rest.popFirst() { workers.addTask { try await take(table) } }
      }
      return taken
    }
  }

  private func take(_ table: TablePlan) async throws -> Taken {
    do {
      async let here = source.lend { try await $0.ask(question(table, .source)) }
      async let there = context.targets.lend { target in
        try await target.batch([CheckContext.beginLooking, SessionPins.comparison.statement])
        let end = try await target.ask(question(table, .target))
        try await target.batch(["ROLLBACK"])
        return end
      }
      let ends = try await (here, there)
      // What was read after the owner had lost its locks proves nothing.
      try await source.checkOwner()
      return Taken(table: table, ends: .success(ends))
    } catch let error where error.endsRun {
      throw error
    } catch {
      return Taken(table: table, ends: .failure(SyncError(error, table: table.target, while: "compared")))
    }
  }

  /// Inside of a transaction.
  private func question(_ table: TablePlan, _ end: DigestSQL.End) -> Question<Receipt.End> {
    let statement = DigestSQL(table: table, place: 0).receipt(end)
    let fingerprint = Fingerprint.of(([statement.text] + statement.values.map { $0 ?? "" }).joined(separator: "\n"))
    let pins: SessionPins = table.digest.reasonForReading == nil ? .none : .values
    return Question.all(
      .running(pins.opening),
      Question(statement) { answer in
        let row = answer.rows.first
        return Receipt.End(rows: row?.int(0) ?? 0, digest: row?.text(1) ?? "", statement: fingerprint)
      }, .running(pins.closing)
    ).map { $0.1 }
  }
}
