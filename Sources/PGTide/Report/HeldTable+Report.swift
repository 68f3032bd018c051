extension HeldTable {
  /// What becomes of it in a run.
  var report: TableReport {
    var report = TableReport(label: label)
    switch reason {
    case .lock(let error):
      let failure = SyncError(error, table: nil, while: "planned")
      report.status = .failed
      report.fail("\(failure)", summary: failure.messageWithoutValues)
    case .parent(let parent):
      let words = "skipped, because \(parent), to which it refers, did not land"
      report.status = .skipped
      report.fail(words, summary: words)
    }
    return report
  }
}
