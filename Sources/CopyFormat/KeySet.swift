/// A set of 64-bit numbers in one flat piece of memory: 16 bytes or less a number, and a few nanoseconds to look one up.
///
/// It only grows.
@frozen
public struct KeySet: Sendable {
  /// Open addressing: a number stands in the first free slot from its own place on. 0 marks a free slot.
  @usableFromInline var slots: [UInt64]
  @usableFromInline var shift: UInt64
  @usableFromInline var hasZero = false
  /// Numbers in it.
  public private(set) var count = 0

  public init() {
    slots = [UInt64](repeating: 0, count: 16)
    shift = 60
  }

  @inlinable
  public func contains(_ number: UInt64) -> Bool {
    number == 0 ? hasZero : slots[place(of: number)] == number
  }

  /// Returns whether it is new.
  @discardableResult
  public mutating func insert(_ number: UInt64) -> Bool {
    if number == 0 {
      defer { hasZero = true }
      if !hasZero { count += 1 }
      return !hasZero
    }
    let place = place(of: number)
    guard slots[place] == 0 else { return false }
    slots[place] = number
    count += 1
    if count > slots.count / 2 { grow() }
    return true
  }

  /// Where the number stands, or would stand.
  @inlinable
  func place(of number: UInt64) -> Int {
    // Fibonacci hashing: the product's upper bits depend on all of the number's (Knuth, volume 3, 6.4).
    var place = Int(truncatingIfNeeded: (number &* 0x9E37_79B9_7F4A_7C15) >> shift)
    let mask = slots.count - 1
    while slots[place] != 0 && slots[place] != number { place = (place + 1) & mask }
    return place
  }

  private mutating func grow() {
    let old = slots
    slots = [UInt64](repeating: 0, count: old.count * 2)
    shift -= 1
    for number in old where number != 0 { slots[place(of: number)] = number }
  }
}
