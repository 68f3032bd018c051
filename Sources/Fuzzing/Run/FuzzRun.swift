/// Many inputs for one subject. Each follows from the seed and its number alone.
package struct FuzzRun {
  package let seed: UInt64
  private var subject: any FuzzSubject

  package init(_ subject: any FuzzSubject.Type, seed: UInt64) {
    self.seed = seed
    self.subject = subject.init()
  }

  /// All subjects, by the order of their names.
  package static var subjects: [any FuzzSubject.Type] {
    [
      ConfigurationSubject.self, ConnectionSubject.self, CopySubject.self, ExpansionSubject.self, LZ4Subject.self,
      TextSubject.self,
    ]
  }

  package mutating func input(_ number: Int) -> [UInt8] {
    var random = SeededGenerator(seed: seed, input: number)
    return subject.input(using: &random)
  }

  package mutating func check(_ input: [UInt8]) throws(FuzzFinding) { try subject.check(input) }

  /// What was wrong with which input.
  package struct Failure {
    package let number: Int
    package let input: [UInt8]
    package let finding: FuzzFinding
  }

  /// Checks the inputs of these numbers, up to the first finding; `before` is told each number beforehand.
  package mutating func run(_ numbers: Range<Int>, before: (Int) -> Void = { _ in }) -> Failure? {
    for number in numbers {
      before(number)
      let input = input(number)
      do throws(FuzzFinding) { try check(input) } catch {
        return Failure(number: number, input: input, finding: error)
      }
    }
    return nil
  }
}
