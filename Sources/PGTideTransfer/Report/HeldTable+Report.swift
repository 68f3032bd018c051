extension HeldTable {
  /// What becomes of it in a run.
  package var report: TableReport {
    var report = TableReport(label: label)
    report.status = if case .lock = reason { .failed } else { .skipped }
    report.fail("\(error)", summary: error.messageWithoutValues)
    return report
  }
}
