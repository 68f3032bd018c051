import CopyFormat
import Testing

@testable import Fuzzing

/// The inputs are worth something only if some are taken and others are refused for every reason there is.
@Suite struct SubjectTests {
  @Test func `streams are whole now and then, and otherwise wrong in every way`() {
    var subject = CopySubject()
    var problems: Set<String> = []
    for number in 0..<4000 {
      var random = SeededGenerator(seed: 1, input: number)
      let input = subject.input(using: &random)
      let outcome = CopyModelParser.outcome(of: Array(input[10...]), fieldCount: Int(input[0]) << 8 | Int(input[1]))
      problems.insert(outcome.error.map { String("\($0.problem)".prefix { !$0.isNumber && $0 != "-" }) } ?? "whole")
    }
    let expected = [
      "whole", "not the signature of the format: byte ", "the header announces rows with OIDs, which are not supported",
      "the header has unknown critical flags ", "the header's extension has the length ", "a row has ", "field ",
      "bytes follow the trailer, where the end was expected", "it ends within its header, where more was expected",
      "it ends before its trailer, where more was expected", "it ends within a row, where more was expected",
      "it ends within its trailer, where more was expected",
    ]
    #expect(Set(expected).subtracting(problems) == [])
  }

  @Test func `a scanner that forgets a row would be found`() {
    let stream: [UInt8] = CopyHeader.bytes + [0, 1, 0, 0, 0, 1, 9] + CopyTrailer.bytes
    let model = CopyModelParser.outcome(of: stream, fieldCount: 1)
    #expect(model == CopyOutcome(tuples: 1, content: [0, 1, 0, 0, 0, 1, 9], lastTupleEnd: 26))
    #expect(CopyModelParser.values(of: [0, 1, 0, 0, 0, 1, 9], fieldCount: 1).tuples == [[[9]]])
  }

  @Test func `a line feed ends a row unless an odd number of backslashes stands before it`() {
    let outcomes = ["\n", "\\\n", "\\\\\n", "a\n\\\\\\\nb\n", "a"].map { TextOutcome(reading: Array($0.utf8)) }
    #expect(outcomes.map(\.rows) == [1, 0, 1, 2, 0])
    #expect(outcomes.map(\.lastRowEnd) == [1, nil, 3, 8, nil])
    #expect(outcomes.map { $0.error == nil } == [true, false, true, true, false])
  }

  @Test func `a frame with the content of another is a finding`() throws {
    var subject = LZ4Subject()
    var random = SeededGenerator(seed: 1, input: 0)
    var whole: [UInt8]?
    // The first of the inputs that has some content and whose frame was left alone.
    for number in 0..<1000 where whole == nil {
      random = SeededGenerator(seed: 1, input: number)
      let input = subject.input(using: &random)
      var changed = input
      changed[12] ^= 1
      let isTaken = (try? subject.check(changed)) == nil && input[10] > 0
      if isTaken { whole = input }
    }
    let input = try #require(whole)
    try subject.check(input)
    var changed = input
    changed[12] ^= 1
    #expect(throws: FuzzFinding.self) { try subject.check(changed) }
  }
}
