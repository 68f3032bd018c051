import Testing

@testable import FaultProxy
@testable import Torture

/// Which faults are drawn.
@Suite struct FaultChoiceTests {
  private func choices(isFirst: Bool) -> [FaultChoice] {
    var generator = SeededGenerator(seed: 7)
    var traffic = Traffic(texts: [])
    (traffic.bytesToServer, traffic.requests, traffic.answers, traffic.connections) = (100_000, 50, 50, 4)
    let sizes = RunSizes(source: traffic, target: traffic, duration: .seconds(1))
    return (0..<1000).map { _ in FaultChoice(&generator, sizes: sizes, isFirst: isFirst) }
  }

  @Test func `most first loads lose all their sessions on the target, and half of them its server`() {
    let first = choices(isFirst: true)
    let restarts = first.filter { [.targetRestarted, .targetCrashed].contains($0.kind) }
    #expect(restarts.count > 300)
    #expect(restarts.allSatisfy { $0.end == .target })
    #expect(first.filter { $0.kind == .allTerminated }.allSatisfy { $0.end == .target })
    #expect(Set(first.map(\.kind)) == Set(FaultKind.allCases))
    // In the middle of the load, not only at its turns.
    #expect(restarts.count { if case .link(.bytes) = $0.place { true } else { false } } > 50)
  }

  @Test func `later any kind may come`() {
    let later = choices(isFirst: false)
    #expect(Set(later.map(\.kind)) == Set(FaultKind.allCases))
    #expect(later.count { $0.kind == .targetRestarted } < 100)
  }

  @Test func `a run that tells what followed the cause, and not the cause, is wrong`() {
    var ended = PGTideProcess.Ended(output: "{}", errors: "", duration: .zero, hasHung: false)
    ended.status = 1
    let choice = choices(isFirst: true)[0]
    #expect(ended.violations(choice).isEmpty)
    ended.output = "current transaction is aborted, commands ignored until end of transaction block"
    #expect(ended.violations(choice).count == 1)
  }
}
