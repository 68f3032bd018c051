import Postgres

/// What is written down of a table on the target: its row in the history, and in the users' status table.
package struct TableRecord: Sendable {
  package let run: RunIdentity
  /// The users' status table; `nil` where there is none, or nothing is to be written to it.
  package let metadata: MetadataSQL?

  /// - Parameter writesStatus: `false` when the users' table has refused it.
  package init(plan: SyncPlan, run: RunIdentity, goal: RunGoal, writesStatus: Bool = true) {
    self.run = run
    metadata = goal == .compareOnly || !writesStatus ? nil : plan.metadata
  }

  /// - Parameter plan: of what has landed.
  package func statements(_ report: TableReport, of plan: TablePlan? = nil) -> [SQL] {
    [HistorySQL.table(report, of: plan, run: run)] + (metadata.map { status(report, in: $0) } ?? [])
  }

  private func status(_ report: TableReport, in metadata: MetadataSQL) -> [SQL] {
    let status: MetadataSQL.Status =
      switch report.status {
      case .success: .success
      case .partial: .partial
      case .failed, .skipped, .stopped: .failed
      }
    let level = report.counts.inserted + report.counts.updated + report.counts.unchanged
    let rejects = report.counts.rejected
    // The users' scripts read one line. Dashboards read it, too: the server's words, which may quote a row, are not for them.
    let error =
      report.errorSummary?.split(separator: "\n").first.map { "run \(run.id): \($0)" }
      ?? (rejects > 0 ? "\(CountedWords.rows(rejects)) rejected, see pgtide.rejects" : nil)
    return metadata.set(report.table, status, records: level, error: error)
  }
}
