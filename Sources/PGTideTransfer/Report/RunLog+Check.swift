import Logging

/// What a look at both ends has found. The words of what went wrong stand in the report: a server's may quote a row.
extension RunLog {
  package func checked(_ report: CheckReport) {
    for table in report.tables { checked(table) }
    tell(
      report.outcome == .failed ? .error : .info, .checkFinished, "both ends were compared: \(report.outcome.rawValue)",
      [
        "outcome": .string(report.outcome.rawValue), "tables": .count(report.tables.count),
        "seconds": .stringConvertible(report.seconds),
      ])
  }

  private func checked(_ table: TableCheck) {
    tell(
      table.status == .failed ? .error : .info, .tableChecked, table: table.table,
      table.status == .failed ? "it was not compared" : table.status.rawValue,
      [
        "status": .string(table.status.rawValue), "comparison": .string(table.comparison.rawValue),
        "level": .count(table.level), "differ": .count(table.differ), "source_only": .count(table.sourceOnly),
        "target_only": .count(table.targetOnly), "protected": .count(table.protected),
        "rewritten": .count(table.rewritten), "rejected": .count(table.rejected), "changing": .count(table.changing),
        "seconds": .stringConvertible(table.seconds),
      ])
  }
}
