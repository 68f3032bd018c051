import Postgres

/// What one end says of a table's buckets, as it came: ``DigestSQL``. A bucket that it does not name is empty there.
struct Digest: Sendable {
  private let text: String
  /// Rows that the end has, counted apart from the text.
  let rows: Int

  init(text: String, rows: Int) {
    self.text = text
    self.rows = rows
  }

  init(_ answer: QueryResult) {
    self.init(text: answer.rows.first?[0] ?? "", rows: answer.rows.first?.int(1) ?? 0)
  }

  /// Each bucket with what is said of it. It stays in the text, of which there may be a megabyte.
  private var buckets: [(number: Substring, says: Substring)] {
    text.split(separator: "\n").map { line in
      let number = line.prefix { $0 != " " }
      return (number, line[number.endIndex...])
    }
  }

  /// Compares the source's digest with the target's.
  ///
  /// Throws: ``SyncError`` if the buckets leave out rows of the source.
  static func compare(source: Digest, target: Digest) throws -> DigestOutcome {
    let standing = Dictionary(target.buckets.map { ($0.number, $0.says) }, uniquingKeysWith: { first, _ in first })
    var outcome = DigestOutcome()
    for bucket in source.buckets {
      let rows = bucket.says.split(separator: " ").first.flatMap { Int($0) } ?? 0
      if standing[bucket.number] == bucket.says {
        outcome.matched += rows
      } else {
        outcome.differing.append(Int(bucket.number) ?? 0)
        outcome.toRead += rows
      }
    }
    guard outcome.matched + outcome.toRead == source.rows else {
      throw SyncError(
        message: "the digest's buckets have \(outcome.matched + outcome.toRead) of the source's \(source.rows) rows",
        advice: "Report this; all rows are read instead")
    }
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
