extension TablePlanning {
  /// The format in which the rows travel: the table's own, else the run's, as far as it carries them.
  package mutating func format(of columns: [StagedColumn]) -> RowFormat {
    let wish = table.copyFormat ?? configuration.settings.copyFormat
    guard wish == .text, let obstacle = TextFormatCheck.obstacle(columns) else { return wish }
    notices.append(obstacle)
    return .binary
  }
}
