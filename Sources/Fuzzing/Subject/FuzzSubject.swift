/// A piece of code that reads bytes which anybody may have written, and what must hold whatever they are.
package protocol FuzzSubject {
  /// Its word on the command line.
  static var name: String { get }

  init()

  /// Makes an input; nearly always with something wrong in it.
  mutating func input(using random: inout SeededGenerator) -> [UInt8]

  /// Reads the input.
  ///
  /// Throws: ``FuzzFinding`` when what came of it is wrong. That the input is refused is right.
  mutating func check(_ input: [UInt8]) throws(FuzzFinding)
}

/// Something that does not hold.
package struct FuzzFinding: Error, Equatable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
