import Postgres

/// Reads the lines of ``CheckSQL/lines(limit:values:)``.
struct DifferenceReading: Sendable {
  let table: TablePlan
  let options: Check.Options

  var needsValues: Bool { options.showsValues || options.makesStatements }

  func difference(_ row: QueryResult.Row) -> RowDifference? {
    guard let kind = DifferenceKind(rawValue: row.text(0)) else { return nil }
    let verdict = row.text(1)
    let reason = kind == .rejected ? RejectReason(verdict: verdict) : nil
    let differing = row.array(3).compactMap(\.self).map { Identifier($0) }
    var difference = RowDifference(
      kind: kind, key: values(of: table.key.naming, row.array(2)), columns: differing.map(\.name),
      reason: reason?.words, about: reason == nil ? nil : subject(of: verdict))
    guard needsValues else { return difference }
    let source = row[4].map { _ in values(of: table.columns, row.array(4)) }
    let target = row[5].map { _ in values(of: table.columns, row.array(5)) }
    if options.showsValues {
      let isShown = { (value: RowDifference.Value) in
        differing.isEmpty || differing.contains(Identifier(value.column))
      }
      difference.source = source?.filter(isShown)
      difference.target = target?.filter(isShown)
    }
    // What is not known yet cannot be written.
    if options.makesStatements, !row.bool(6) {
      difference.sql = MendingStatement(table: table).text(
        kind, source: source, target: target, differing: Set(differing))
    }
    return difference
  }

  private func values(of columns: [ColumnPlan], _ texts: [String?]) -> [RowDifference.Value] {
    zip(columns, texts).map { RowDifference.Value(column: $0.name.name, value: $1) }
  }

  /// What stands behind the colon.
  private func subject(of verdict: String) -> String? {
    guard let colon = verdict.firstIndex(of: ":") else { return nil }
    let subject = verdict[verdict.index(after: colon)...]
    return subject.isEmpty ? nil : String(subject)
  }
}
