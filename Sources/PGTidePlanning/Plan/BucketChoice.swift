/// The buckets of a table whose rows were read, where a digest has compared them; the rows of the others are on both sides.
package struct BucketChoice: Sendable {
  package let buckets: [Int]
  /// Of so many in all.
  package let count: Int

  package init(buckets: [Int], count: Int) {
    self.buckets = buckets
    self.count = count
  }

  /// All rows were read.
  package static let all = BucketChoice(buckets: [0], count: 1)

  package var isAll: Bool { count == 1 }
}
