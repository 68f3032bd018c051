/// What has to be read of a table.
package struct DigestOutcome: Sendable, Equatable {
  /// Rows in buckets that are the same on both ends.
  package var matched = 0
  /// Rows in the others.
  package var toRead = 0
  /// Rows of ours on the target.
  package var standing = 0
  /// The buckets that are to be read.
  package var differing: [Int] = []
  /// How many buckets the table has in all.
  package var buckets = 1
  /// Rows of ours on the target that no bucket counts, because their key is NULL, as far as somebody has asked.
  package var withoutKey = 0

  /// What is to be read.
  package var read: BucketChoice { BucketChoice(buckets: differing, count: buckets) }

  /// The target has every row, and no other where these are looked for.
  package var isLevel: Bool { differing.isEmpty }

  /// To leave out so few rows is not worth looking for them in every chunk.
  package var isWorthNarrowing: Bool { matched >= toRead }
}
