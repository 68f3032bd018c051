import Postgres

extension PlanSummary {
  /// What would become of a table's rows, as measured on the source.
  public struct Profile: Sendable, Codable, Equatable {
    public var rows: Int
    /// Rows that would be inserted or updated, or that stand there already, be it as somebody else's.
    public var goIn: Int
    public var rejected: [Reject]
    /// What was not measured.
    public var unmeasured: [String]

    public init(rows: Int, goIn: Int, rejected: [Reject], unmeasured: [String]) {
      self.rows = rows
      self.goIn = goIn
      self.rejected = rejected
      self.unmeasured = unmeasured
    }

    /// Rows that would be rejected for one reason.
    public struct Reject: Sendable, Codable, Equatable {
      public var reason: String
      /// The column or the reference that it is about; empty for what is about the key as a whole.
      public var about: String
      public var rows: Int

      public init(reason: String, about: String, rows: Int) {
        self.reason = reason
        self.about = about
        self.rows = rows
      }
    }
  }
}

extension PlanSummary.Profile {
  /// - Parameter verdicts: how many rows have which verdict; one that is empty: they go in.
  init(verdicts: [(verdict: String, rows: Int)], unmeasured: [String]) {
    rows = verdicts.map(\.rows).reduce(0, +)
    let order = RejectReason.allCases
    let found = verdicts.compactMap { verdict, rows in
      RejectReason(verdict: verdict).map { reason in
        (
          place: order.firstIndex(of: reason) ?? 0,
          reject: Reject(reason: reason.words, about: Self.subject(verdict), rows: rows)
        )
      }
    }
    rejected = found.sorted { ($0.place, $0.reject.about) < ($1.place, $1.reject.about) }.map(\.reject)
    goIn = rows - rejected.map(\.rows).reduce(0, +)
    self.unmeasured = unmeasured
  }

  private static func subject(_ verdict: String) -> String {
    let scalars = verdict.unicodeScalars
    guard let colon = scalars.firstIndex(of: ":") else { return "" }
    return String(scalars[scalars.index(after: colon)...])
  }

  /// The keys of the JSON: docs/reference/report.md.
  enum CodingKeys: String, CodingKey, CaseIterable {
    case rows
    case goIn = "go_in"
    case rejected, unmeasured
  }
}

extension PlanSummary.Profile.Reject {
  /// The keys of the JSON: docs/reference/report.md.
  enum CodingKeys: String, CodingKey, CaseIterable {
    case reason, about, rows
  }
}
