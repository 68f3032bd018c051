import Testing

@testable import Fuzzing

@Suite struct FuzzRunTests {
  /// Code that cannot bear a 7.
  private struct Sevens: FuzzSubject {
    static let name = "sevens"

    mutating func input(using random: inout SeededGenerator) -> [UInt8] { [UInt8(random.below(100)), 1] }

    mutating func check(_ input: [UInt8]) throws(FuzzFinding) {
      if input.first == 7 { throw FuzzFinding("a seven") }
    }
  }

  @Test func `a finding comes with its number and its input, from which it comes again`() throws {
    var run = FuzzRun(Sevens.self, seed: 5)
    let found = run.run(0..<10_000)
    let failure = try #require(found)
    #expect(failure.input == [7, 1])
    #expect(failure.finding == FuzzFinding("a seven"))
    var again = FuzzRun(Sevens.self, seed: 5)
    #expect(again.input(failure.number) == [7, 1])
    #expect(again.run(0..<failure.number) == nil)
    #expect(throws: FuzzFinding("a seven")) { try again.check(failure.input) }
  }

  @Test func `inputs follow from the seed`() {
    for subject in FuzzRun.subjects {
      var (one, same, other) = (FuzzRun(subject, seed: 1), FuzzRun(subject, seed: 1), FuzzRun(subject, seed: 2))
      let inputs = (0..<20).map { one.input($0) }
      #expect((0..<20).reversed().map { same.input($0) } == inputs.reversed())
      #expect((0..<20).map { other.input($0) } != inputs)
    }
  }

  @Test func `each number is told before its input is tried`() {
    var run = FuzzRun(Sevens.self, seed: 5)
    var told: [Int] = []
    let failure = run.run(10..<10_000) { told.append($0) }
    #expect(told.first == 10)
    #expect(told.last == failure?.number)
  }

  @Test func `guarded memory shows the bytes that it was given`() {
    let memory = GuardedMemory(capacity: 10_000)
    for bytes in [[], [1], Array(repeating: 7, count: 10_000)] as [[UInt8]] {
      let seen = memory.holding(bytes) { span in
        (0..<span.byteCount).map { unsafe span.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
      }
      #expect(seen == bytes)
    }
  }

  @Test func `reading one byte behind guarded memory ends the process`() async {
    await #expect(processExitsWith: .signal(11)) {
      _ = GuardedMemory(capacity: 100).holding([1, 2, 3]) { span in
        // The reader that the guard is there for: one that does not look at the bounds.
        unsafe span.unsafeLoad(fromUncheckedByteOffset: 3, as: UInt8.self)
      }
    }
  }
}
