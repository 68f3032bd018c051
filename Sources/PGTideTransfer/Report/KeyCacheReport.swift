/// What the key cache did for one table.
public struct KeyCacheReport: Sendable, Codable, Equatable {
  /// Different keys that the target was asked for.
  public var keysAsked = 0
  /// Rows without a parent that were not sent whole.
  public var rowsHeldBack = 0
  /// Bytes that did not cross because of that, less the questions, and less the rows that followed whole. Below 0 where
  /// the questions cost more.
  public var bytesSaved = 0

  package init() {}
}

extension KeyCacheReport {
  /// The keys of the JSON: docs/reference/report.md.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case keysAsked = "keys_asked"
    case rowsHeldBack = "rows_held_back"
    case bytesSaved = "bytes_saved"
  }
}
