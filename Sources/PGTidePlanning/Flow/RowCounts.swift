/// What became of a table's rows. Every number was counted for itself; none is the rest of the others.
public struct RowCounts: Sendable, Hashable, Codable {
  /// Rows that the source sent, or said it need not.
  public var read = 0
  /// Rows that did not travel: a digest shows that they stand on the target as they are. They are unchanged.
  public var matched = 0
  /// Rows that the stage took.
  public var staged = 0
  public var inserted = 0
  public var updated = 0
  public var unchanged = 0
  /// Of these, rows that a trigger of the target has in another form than the source, and that neither side has changed.
  public var rewritten = 0
  /// Rows whose key a row of the other side holds. Nothing was written for them.
  public var protected = 0
  /// Rows rejected in the delta.
  public var rejected = 0
  /// Rows of the target that are ours and have a key which no row that was read has, as the comparison found them;
  /// `nil` where they were not counted.
  public var targetOnly: Int?
  /// Of these, rows that were deleted.
  public var deleted = 0
  /// Of these, rows that would have gone, and stay: rows that are not going refer to them, or somebody was at them.
  public var kept = 0

  package init() {}

  public var written: Int { inserted + updated }

  /// A sum of nothing, from which all counts can be added up.
  package static var zero: RowCounts {
    var zero = RowCounts()
    zero.targetOnly = 0
    return zero
  }

  /// What one of the two has not counted, the sum has not either.
  package static func += (total: inout RowCounts, counts: RowCounts) {
    total.read += counts.read
    total.matched += counts.matched
    total.staged += counts.staged
    total.inserted += counts.inserted
    total.updated += counts.updated
    total.unchanged += counts.unchanged
    total.rewritten += counts.rewritten
    total.protected += counts.protected
    total.rejected += counts.rejected
    total.deleted += counts.deleted
    total.kept += counts.kept
    total.targetOnly = total.targetOnly.flatMap { sum in counts.targetOnly.map { sum + $0 } }
  }
}

extension RowCounts {
  /// The keys of the JSON: docs/reference/report.md.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case read, matched, staged, inserted, updated, unchanged, rewritten, protected, rejected
    case targetOnly = "target_only"
    case deleted, kept
  }
}
