import FoundationEssentials
import PostgresValues

/// What an end says of a whole table: one line, however many rows it has.
package struct DigestWhole: Sendable, Equatable {
  package let rows: Int
  /// What its buckets say, put together, or its rows, where the ends keep no buckets.
  package let look: Int64

  package init(rows: Int, look: Int64) {
    self.rows = rows
    self.look = look
  }

  package init(_ answer: QueryResult) {
    self.init(rows: answer.rows.first?.int(0) ?? 0, look: answer.rows.first?[1].flatMap(Int64.init) ?? 0)
  }
}

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

/// What one end says of the parts that were asked for. Of a part without rows it says 0.
package struct DigestAnswer: Sendable {
  package let says: [Int64]
  package let rows: [Int]

  package init(says: [Int64], rows: [Int] = []) {
    self.says = says
    self.rows = rows
  }

  package init(_ answer: QueryResult) {
    let row = answer.rows.first
    let says = Self.numbers(row?[0], bytes: 8).map { Int64(bitPattern: $0) }
    self.init(says: says, rows: Self.numbers(row?[1], bytes: 4).map { Int($0) })
  }

  /// Numbers of so many bytes each, as `encode(…, 'base64')` writes them.
  private static func numbers(_ text: String?, bytes: Int) -> [UInt64] {
    guard let text, let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters) else { return [] }
    return stride(from: data.startIndex, to: data.endIndex, by: bytes).map { start in
      data[start..<min(start + bytes, data.endIndex)].reduce(0) { $0 << 8 | UInt64($1) }
    }
  }
}
