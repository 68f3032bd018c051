/// Some of a table's buckets.
package struct DigestBuckets: Sendable, Equatable {
  package let numbers: [Int]
  /// How many the table has in all.
  package let count: Int

  package init(numbers: [Int], count: Int) {
    self.numbers = numbers
    self.count = count
  }
}
