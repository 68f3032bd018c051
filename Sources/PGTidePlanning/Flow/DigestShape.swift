/// How finely rows are told apart.
package struct DigestShape: Sendable, Equatable {
  /// How many neighbouring keys share a bucket. A bucket that differs in one row is read as a whole: small ones save rows.
  package var rowsPerBucket = 16
  /// Each end holds them in memory and keeps them in its session, some 30 bytes each.
  package var mostBuckets = 1 << 15
  /// How many buckets are told of each group that differs; a power of two.
  package var fan = 32
  /// Full buckets are split if their rows have more bytes than this: to split them, both ends go through the table once
  /// more.
  package var bytesToSplit = 128 << 10

  package init() {}
}
