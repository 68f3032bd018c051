import Postgres
import Synchronization

/// The reports of a run's tables while they grow. Shared by the workers.
package final class ReportLedger: Sendable {
  private let reports: Mutex<[QualifiedName: TableReport]>
  private let order: [QualifiedName]
  private let said = Mutex<[String]>([])
  private let noted = Mutex<WorkerCount?>(nil)
  private let proved = Mutex<CheckReport?>(nil)

  package init(plan: SyncPlan) {
    let all = plan.tables.map { ($0.target, TableReport($0)) } + plan.held.map { ($0.target, $0.report) }
    reports = Mutex(Dictionary(all, uniquingKeysWith: { first, _ in first }))
    order = all.map(\.0)
  }

  package func change(_ table: TablePlan, _ body: (inout TableReport) -> Void) {
    reports.withLock { reports in
      guard var report = reports[table.target] else { return }
      body(&report)
      reports[table.target] = report
    }
  }

  package func noteRetry(of table: TablePlan, _ error: any Error) {
    change(table) { report in
      report.retries += 1
      report.retryCause = error.serverError.map { "\($0)" } ?? error.plain
    }
  }

  package func report(_ table: TablePlan) -> TableReport {
    reports.withLock { $0[table.target] } ?? TableReport(table)
  }

  /// The workers of the run, as far as they are known.
  package var workerCount: WorkerCount? { noted.withLock(\.self) }

  package func note(_ workerCount: WorkerCount) { noted.withLock { $0 = workerCount } }

  /// What the run has found when it looked at both ends once more; `nil` where it has not.
  package var proof: CheckReport? { proved.withLock(\.self) }

  package func note(_ proof: CheckReport) { proved.withLock { $0 = proof } }

  /// What is to be said of the run as a whole.
  package var notices: [String] { said.withLock(\.self) }

  /// Locks of others on the source were waited for in vain, before the run went on.
  package func note(_ lockWaits: (count: Int, last: PostgresError)) {
    let times = lockWaits.count == 1 ? "once" : "\(lockWaits.count) times"
    let holders = lockWaits.last.lockHolders.map { ": \($0)" } ?? ""
    said.withLock { $0.append("lock_timeout ran out \(times) before the source's tables could be locked\(holders)") }
  }

  /// In the order of the plan.
  package var all: [TableReport] { reports.withLock { reports in order.compactMap { reports[$0] } } }
}

extension TableReport {
  /// - Parameter summary: the words without the server's.
  package mutating func fail(_ words: String, summary: String) { (error, errorSummary) = (words, summary) }

  /// What was rolled back was not written, nor listed.
  package mutating func forgetWrites() {
    counts.forgetWrites()
    protectedDifferent = nil
  }
}

extension RowCounts {
  /// What was rolled back was not written.
  package mutating func forgetWrites() {
    inserted = 0
    updated = 0
    unchanged = 0
    rewritten = 0
    protected = 0
    deleted = 0
    kept = 0
  }
}

extension SyncError {
  /// The same without the table's name, for where that stands already.
  package var withoutTable: SyncError {
    SyncError(table: nil, message: message, advice: advice, cause: cause, summary: summary)
  }
}
