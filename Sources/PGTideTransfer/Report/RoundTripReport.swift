import Postgres

/// How often a run waited for each end, one wait after the other: what a line's round trip multiplies. Connecting is left
/// out, and so is what other workers waited for meanwhile.
public struct RoundTripReport: Sendable, Codable, Equatable {
  public var source: Int
  public var target: Int

  package init(source: Int = 0, target: Int = 0) {
    self.source = source
    self.target = target
  }

  package init(_ trips: RoundTrips?) {
    let counts = trips?.counts ?? [:]
    self.init(source: counts[EndName.source.rawValue] ?? 0, target: counts[EndName.target.rawValue] ?? 0)
  }
}

extension RoundTripReport {
  /// The keys of the JSON: docs/reference/report.md.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case source, target
  }
}
