/// What a trigger of the target made of a table's rows.
public struct RewriteReport: Sendable, Codable, Equatable {
  /// Rows that were written in this run, and that then stood there otherwise.
  public var written = 0
  /// Of these, rows that are not remembered, because there are too many. They are written again in the next run.
  public var notRemembered = 0
  /// Rows that were left as they are, because neither side has changed since they were written.
  public var leftAlone = 0
  /// The columns that do not become level.
  public var columns: [String] = []
  /// The target's triggers that may be the reason.
  public var triggers: [String] = []

  package init() {}

  /// One line for people.
  package var remark: String {
    let names =
      columns.isEmpty ? "a column" : (columns.count == 1 ? "column " : "columns ") + columns.joined(separator: ", ")
    let rows = [
      written > 0 ? "\(written) written in this run" : nil,
      leftAlone > 0 ? "\(leftAlone) left as they are" : nil,
      notRemembered > 0
        ? "\(notRemembered) too many to be remembered, which every run writes again: change the trigger, or skip the column"
        : nil,
    ].compactMap(\.self).joined(separator: ", ")
    return "\(names) never becomes level: \(triggers.count == 1 ? "the trigger" : "one of the triggers") "
      + "\(triggers.joined(separator: ", ")) of the target writes other values than the source's (rows: \(rows)). Such rows "
      + "are not written again until they change on either side"
  }
}

extension RewriteReport {
  /// The keys of the JSON: docs/reference/report.md.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case written
    case notRemembered = "not_remembered"
    case leftAlone = "left_alone"
    case columns, triggers
  }
}
