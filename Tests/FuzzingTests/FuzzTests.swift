import Fuzzing
import Testing

/// A few thousand of the inputs of which `scripts/fuzz` tries a million.
@Suite struct FuzzTests {
  private func failure(of name: String, seed: UInt64, inputs: Int) throws -> String? {
    let subject = try #require(FuzzRun.subjects.first { $0.name == name })
    var run = FuzzRun(subject, seed: seed)
    return run.run(0..<inputs).map { "seed \(seed), input \($0.number): \($0.finding)\n\($0.input)" }
  }

  @Test(
    .timeLimit(.minutes(5)),
    arguments: [
      ("configuration", 3000), ("connection", 10_000), ("copy", 3000), ("expansion", 10_000), ("lz4", 3000),
      ("text", 10_000),
    ])
  func `inputs that nobody would write do no harm`(subject: String, inputs: Int) throws {
    #expect(try failure(of: subject, seed: 1, inputs: inputs / 2) == nil)
    let seed = UInt64.random(in: 0...UInt64.max)
    print("\(subject): seed \(seed)")
    #expect(try failure(of: subject, seed: seed, inputs: inputs / 2) == nil)
  }

  @Test func `every subject is tried here`() {
    #expect(FuzzRun.subjects.map { $0.name } == ["configuration", "connection", "copy", "expansion", "lz4", "text"])
  }
}
