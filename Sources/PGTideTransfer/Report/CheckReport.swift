/// Whether the target is level with the source, and where it is not.
public struct CheckReport: Sendable, Codable {
  public var outcome: Outcome
  public var flow: String
  public var tables: [TableCheck]
  public var seconds: Double
  public var notices: [String]
  public var warnings: [String]

  /// How a check ended, which the exit code tells.
  public enum Outcome: String, Sendable, Codable {
    /// Every row that a sync brings stands on the target as it is on the source.
    case level
    /// The same, but some rows of the source cannot go into the target.
    case rejects
    case different
    /// Some tables could not be compared.
    case partial
    /// None could.
    case failed

    package init(_ tables: [TableCheck]) {
      let failed = tables.count { $0.status == .failed }
      self =
        if failed > 0 {
          failed == tables.count ? .failed : .partial
        } else if tables.contains(where: { $0.status == .different }) {
          .different
        } else {
          tables.contains { $0.rejected > 0 } ? .rejects : .level
        }
    }
  }

  package init(
    outcome: Outcome, flow: String, tables: [TableCheck], seconds: Double, notices: [String], warnings: [String]
  ) {
    self.outcome = outcome
    self.flow = flow
    self.tables = tables
    self.seconds = seconds
    self.notices = notices
    self.warnings = warnings
  }

  /// The keys of the JSON: docs/reference/check.md.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case outcome, flow, tables, seconds, notices, warnings
  }
}
