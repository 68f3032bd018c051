import FoundationEssentials
import PostgresValues

/// Asks both ends what the parts of some groups of buckets say.
///
/// The buckets' numbers are the low bits of a hash, so that a group of buckets is all those whose number ends in the same
/// bits, and a bucket is split by looking at more bits.
package struct DigestQuestion: Sendable, Equatable {
  /// The numbers of the groups, and how many groups there are in all.
  package let groups: [Int]
  package let groupCount: Int
  /// How many parts the table has in all.
  package let partCount: Int
  /// The source also says how many rows each part has.
  package let asksForRows: Bool
  /// The ends go through their rows: they have kept nothing so fine.
  package let looksAtRows: Bool

  package init(groups: [Int], groupCount: Int, partCount: Int, asksForRows: Bool, looksAtRows: Bool) {
    self.groups = groups
    self.groupCount = groupCount
    self.partCount = partCount
    self.asksForRows = asksForRows
    self.looksAtRows = looksAtRows
  }

  /// The numbers of the parts, in the order of the answers.
  package var parts: [Int] {
    groups.flatMap { group in stride(from: group, to: partCount, by: groupCount) }.sorted()
  }
}
