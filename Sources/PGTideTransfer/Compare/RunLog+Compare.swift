import Logging

/// What the comparison and the digests found.
extension RunLog {
  package func digestCompared(_ table: TablePlan, _ outcome: DigestOutcome, took duration: Duration) {
    tell(
      .debug, .digestCompared, table: table.label,
      outcome.isLevel ? "the target has all rows as they are" : "some rows differ",
      [
        "matched": .count(outcome.matched), "to_read": .count(outcome.toRead), "buckets": .count(outcome.buckets),
        "differing": .count(outcome.differing.count), "seconds": .seconds(duration),
      ])
  }

  package func digestGivenUp(_ table: TablePlan, _ error: any Error) {
    tell(.notice, .digestGivenUp, table: table.label, "all its rows are read", LoggedError.fields(error))
  }

  package func tableCompared(_ table: TablePlan, _ delta: Delta, took duration: Duration) {
    tell(
      .info, .tableCompared, table: table.label,
      "\(delta.inserts) to insert, \(delta.updates) to update, \(delta.unchanged) unchanged, "
        + "\(delta.protected) protected, \(delta.rejected) rejected"
        + (delta.deletes > 0 ? ", \(delta.deletes) to delete" : ""),
      [
        "insert": .count(delta.inserts), "update": .count(delta.updates), "unchanged": .count(delta.unchanged),
        "protected": .count(delta.protected), "rejected": .count(delta.rejected),
        "delete": .count(delta.deletes), "seconds": .seconds(duration),
      ])
    rowsRejected(table, delta.rejects)
  }

  /// What the target itself refused, which only the merge finds out.
  package func rowsRefused(_ table: TablePlan, _ delta: Delta) {
    guard delta.refused > 0 else { return }
    rowsRejected(table, delta.rejects.filter { [.refusedByTarget, .heldByStaleRow, .leftOut].contains($0.key) })
  }

  private func rowsRejected(_ table: TablePlan, _ rejects: [RejectReason: Int]) {
    for (reason, rows) in rejects.sorted(by: { $0.key.words < $1.key.words }) {
      tell(
        .notice, .rowsRejected, table: table.label,
        "\(CountedWords.rows(rows, "is", "are")) kept in pgtide.rejects: \(reason.words)",
        ["reason": .string(reason.words), "rows": .count(rows)])
    }
  }

  package func mergeBegun(_ table: TablePlan, _ delta: Delta) {
    tell(
      .debug, .mergeBegun, table: table.label, "writing what differs", ["rows": .count(delta.inserts + delta.updates)])
  }
}
