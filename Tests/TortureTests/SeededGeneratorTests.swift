import Testing
import Torture

@Suite struct SeededGeneratorTests {
  @Test func `the same seed draws the same numbers, and each part of it others`() {
    var first = SeededGenerator(seed: 7)
    var again = SeededGenerator(seed: 7)
    var part = SeededGenerator(seed: 7, part: 1)
    let drawn = (1...5).map { _ in first.next() }
    #expect(drawn == (1...5).map { _ in again.next() })
    #expect(drawn != (1...5).map { _ in part.next() })
  }
}
