/// Whether the ends have moved since a run proved what they looked like.
public struct ReceiptReport: Sendable, Codable {
  public var run: String
  /// When the run had ended.
  public var provedAt: String
  public var outcome: Outcome
  public var tables: [Table]
  public var seconds: Double
  public var notices: [String]

  public enum Outcome: String, Sendable, Codable {
    /// No row of any table has changed on either end.
    case unmoved
    case moved
    /// Of some tables it cannot be told.
    case partial
    /// Of none it can.
    case failed
  }

  public struct Table: Sendable, Codable {
    public var table: String
    /// Both ends were level when the run had landed.
    public var wasLevel: Bool
    public var source: End
    public var target: End
    /// Why something cannot be told.
    public var reason: String?

    package init(table: String, wasLevel: Bool, source: End, target: End, reason: String? = nil) {
      self.table = table
      self.wasLevel = wasLevel
      self.source = source
      self.target = target
      self.reason = reason
    }

    /// The keys of the JSON: docs/reference/report.md.
    package enum CodingKeys: String, CodingKey, CaseIterable {
      case table
      case wasLevel = "was_level"
      case source, target, reason
    }
  }

  /// What has become of one end's rows.
  public enum End: String, Sendable, Codable {
    case unmoved, moved, unknown
  }

  package init(run: String, provedAt: String, tables: [Table], seconds: Double, notices: [String]) {
    self.run = run
    self.provedAt = provedAt
    self.tables = tables
    self.seconds = seconds
    self.notices = notices
    let unknown = tables.count { $0.source == .unknown || $0.target == .unknown }
    let hasMoved = tables.contains { $0.source == .moved || $0.target == .moved }
    outcome = unknown > 0 ? (unknown == tables.count ? .failed : .partial) : hasMoved ? .moved : .unmoved
  }

  /// The keys of the JSON: docs/reference/report.md.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case run
    case provedAt = "proved_at"
    case outcome, tables, seconds, notices
  }
}
