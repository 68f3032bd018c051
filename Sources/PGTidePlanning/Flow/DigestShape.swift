/// How finely rows are told apart.
struct DigestShape: Sendable, Equatable {
  /// How many neighbouring keys share a bucket. A bucket that differs in one row is read as a whole: small ones save rows.
  var rowsPerBucket = 16
  /// Each end holds them in memory and keeps them in its session, some 30 bytes each.
  var mostBuckets = 1 << 15
  /// How many buckets are told of each group that differs; a power of two.
  var fan = 32
  /// Full buckets are split if their rows have more bytes than this: to split them, both ends go through the table once
  /// more.
  var bytesToSplit = 128 << 10

  init() {}
}
