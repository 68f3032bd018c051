import FoundationEssentials
import PostgresValues

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
