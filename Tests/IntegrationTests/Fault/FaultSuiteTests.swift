import FoundationEssentials
import Testing
import Torture

/// Not in ``Integration``: it crashes servers, and so has its own.
@Suite struct FaultSuiteTests {
  /// `PGTIDE_FAULTS` sets how many; `PGTIDE_FAULT_SEED` and `PGTIDE_FAULT_EPISODE` replay what a violation names.
  /// `PGTIDE_FAULT_PROGRAM` is the `pgtide` to break; CI gives the release build, which begins sooner, some 300 times.
  private static func settings() -> TortureSettings {
    let environment = ProcessInfo.processInfo.environment
    func number(_ name: String) -> Int? { environment[name].flatMap(Int.init) }
    return TortureSettings(
      program: environment["PGTIDE_FAULT_PROGRAM"] ?? CommandProgram.path, faults: number("PGTIDE_FAULTS") ?? 100,
      seed: environment["PGTIDE_FAULT_SEED"].flatMap(UInt64.init) ?? .random(in: 0...UInt64(UInt32.max)),
      firstEpisode: number("PGTIDE_FAULT_EPISODE") ?? 0)
  }

  @Test
  func `no fault leaves half a merge, a changed app row, a false report, or anything that the next run does not mend`()
    async throws
  {
    let settings = Self.settings()
    print("fault suite: PGTIDE_FAULT_SEED=\(settings.seed)")
    let tally = try await Torture.run(settings)
    print(tally)
    #expect(tally.struck >= settings.faults)
    // A fault that nothing notices would prove nothing.
    #expect(tally.gotOver < tally.struck)
    #expect(tally.incremental > 0)
  }
}
