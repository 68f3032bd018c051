import Postgres

/// The sequences behind columns into which numbers have gone.
extension MergePhase {
  /// Moves them, in the transaction that brings the numbers: a run that is killed has moved them if its rows have landed.
  /// It is the last thing before COMMIT, so that one that must be locked is locked for a moment.
  ///
  /// What stands in the way is told, and keeps no row from landing.
  func moveSequences(of tables: [TablePlan], on connection: Connection) async throws {
    let due = tables.flatMap { table in
      let counts = context.reports.report(table).counts
      return table.sequences.filter { $0.mayFallBehind(counts) }.map { SequenceSQL($0, of: table) }
    }
    guard !due.isEmpty else { return }
    do {
      let outcomes = try await insideSavepoint(Question.each(due.map { SequenceSQL.outcome($0.draw) }), on: connection)
      for (sequence, outcome) in zip(due, outcomes) {
        if outcome.isTooFar { try await jump(sequence, on: connection) } else { note(outcome, of: sequence) }
      }
    } catch let error as PostgresError where error.kind == .statement {
      if due.count == 1 { return noteNotMoved(due[0], because: error.message) }
      for sequence in due { try await moveAlone(sequence, on: connection) }
    }
  }

  /// One of several could not be moved: the others can.
  private func moveAlone(_ sequence: SequenceSQL, on connection: Connection) async throws {
    do {
      let outcome = try await insideSavepoint(SequenceSQL.outcome(sequence.draw), on: connection)
      if outcome.isTooFar { try await jump(sequence, on: connection) } else { note(outcome, of: sequence) }
    } catch let error as PostgresError where error.kind == .statement {
      noteNotMoved(sequence, because: error.message)
    }
  }

  /// How long a sequence is waited for that somebody has drawn from in a transaction which is still open. Shorter than the
  /// server takes to look for deadlocks: he may be waiting for a row of this transaction.
  private static let patience = Duration.milliseconds(500)

  private func jump(_ sequence: SequenceSQL, on connection: Connection) async throws {
    guard sequence.plan.sequence.isOwned else {
      return noteNotMoved(sequence, because: "it is far behind, and only its owner may lock it")
    }
    do {
      let jumped = Question.all(
        .running([SQL.limitWaits(to: Self.patience), sequence.lock]), SequenceSQL.outcome(sequence.jump),
        .running([SQL.limitWaits(to: context.settings.lockTimeout)]))
      let (_, outcome, _) = try await insideSavepoint(jumped, on: connection)
      note(outcome, of: sequence)
    } catch let error as PostgresError where error.kind == .statement {
      noteNotMoved(sequence, because: "it is far behind, and \(error.message)")
    }
  }

  private func insideSavepoint<Answer: Sendable>(
    _ question: Question<Answer>, on connection: Connection
  ) async throws -> Answer {
    do {
      let guarded = Question.all(
        .running(["SAVEPOINT pgtide_sequences" as SQL]), question,
        .running(["RELEASE SAVEPOINT pgtide_sequences" as SQL]))
      return try await connection.ask(guarded).1
    } catch let error as PostgresError where error.kind == .statement {
      try await connection.query("ROLLBACK TO SAVEPOINT pgtide_sequences")
      throw error
    }
  }

  private func note(_ outcome: SequenceSQL.Outcome, of sequence: SequenceSQL) {
    guard let now = outcome.moved else { return }
    let plan = sequence.plan
    context.log.sequenceMoved(plan, of: sequence.table)
    context.reports.change(sequence.table) { report in
      report.sequencesMoved = (report.sequencesMoved ?? 0) + 1
      let from = outcome.last.map { "from \($0) " } ?? ""
      let sense =
        sequence.isLast(now)
        ? "its last number: unless it cycles, nobody can draw from it any more"
        : "past the numbers in column \(plan.column.name)"
      report.notices.append("its sequence \(plan.sequence.name) was moved \(from)to \(now), \(sense)")
    }
  }

  private func noteNotMoved(_ sequence: SequenceSQL, because reason: String) {
    let plan = sequence.plan
    context.log.sequenceNotMoved(plan, of: sequence.table)
    let notice =
      "its sequence \(plan.sequence.name) was not moved past the numbers in column \(plan.column.name): \(reason). While "
      + "nobody draws from it: \(sequence.byHand)"
    context.reports.change(sequence.table) { if !$0.notices.contains(notice) { $0.notices.append(notice) } }
  }
}
