import Postgres

/// What one end says of a table's buckets.
struct Digest: Sendable {
  struct Bucket: Sendable, Equatable {
    let rows: Int
    let look: String
  }

  let buckets: [Int: Bucket]

  init(_ answer: QueryResult) {
    buckets = Dictionary(
      answer.rows.map { ($0.int(0) ?? -1, Bucket(rows: $0.int(1) ?? 0, look: $0.text(2))) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Compares the source's digest with the target's.
  static func compare(source: Digest, target: Digest) -> DigestOutcome {
    var outcome = DigestOutcome()
    for (number, bucket) in source.buckets {
      if target.buckets[number] == bucket {
        outcome.matched += bucket.rows
      } else {
        outcome.differing.append(number)
        outcome.toRead += bucket.rows
      }
    }
    outcome.differing.sort()
    return outcome
  }
}

/// What has to be read of a table.
struct DigestOutcome: Sendable, Equatable {
  /// Rows in buckets that are the same on both ends.
  var matched = 0
  /// Rows in the others.
  var toRead = 0
  /// The buckets that are to be read.
  var differing: [Int] = []

  /// The target has every row.
  var isLevel: Bool { differing.isEmpty }

  /// To leave out so few rows is not worth looking for them in every chunk.
  var isWorthNarrowing: Bool { matched >= toRead }
}
