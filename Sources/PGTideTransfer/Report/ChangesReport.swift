import Postgres

/// How the rows of a table were found that have changed, where a column of the source tells them.
public struct ChangesReport: Sendable, Codable, Equatable {
  public var column: String
  /// Rows since then were read, in UTC, without the overlap; `nil`: all rows were looked at.
  public var since: String?
  /// Why all rows were looked at, or why it is not the run before that saw all since then; `nil` where there is nothing to say.
  public var reason: String?

  package init(column: String, since: String?, reason: String?) {
    self.column = column
    self.since = since
    self.reason = reason
  }

  package init(_ plan: ChangePlan) {
    column = plan.column.name
    switch plan.reading {
    case .all(let reason): self.reason = reason
    case .changed(let window):
      since = window.mark
      reason = plan.past?.reason
    }
  }
}

extension ChangesReport {
  /// The keys of the JSON: docs/reference/report.md.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case column, since, reason
  }
}
