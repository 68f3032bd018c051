extension Array {
  /// The same elements, in pieces of at most so many.
  package func parts(of most: Int) -> [[Element]] {
    stride(from: 0, to: count, by: most).map { Array(self[$0..<Swift.min($0 + most, count)]) }
  }
}
