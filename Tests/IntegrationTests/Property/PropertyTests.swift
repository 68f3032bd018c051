import FoundationEssentials
import PGTide
import Testing

extension Integration {
  /// Random schemas, rows and edits, sync after sync, against the slow and obvious model.
  ///
  ///     scripts/property --cases 5000            so many random cases
  ///     scripts/property --cases 5000 --seed 9   the same ones as whoever printed this seed
  ///     scripts/property --case 1f3a             one case, as a failure names it
  ///
  /// The versions of the two servers follow from a case's seed, too, unless they are configured.
  @Suite struct PropertyTests {
    private static let usualCases = 100
    /// Cases that run at a time, each on databases of its own.
    private static let workers = 3

    @Test func `random syncs come to what the model says`() async throws {
      let request = try PropertyRequest(environment: ProcessInfo.processInfo.environment, usualCases: Self.usualCases)
      print("property test: \(request)")
      let queue = SeedQueue(request.seeds, on: ServerPair.drawn)
      let tally = PropertyTally()
      let pairs = queue.pairs
      try await PropertyServers.with(pairs, usual: currentServers()) { servers in
        try await withThrowingTaskGroup { group in
          for _ in 0..<min(Self.workers, request.seeds.count) {
            group.addTask {
              while let pair = queue.nextPair() {
                try await Integration.$servers.withValue(servers[pair]) { try await work(on: pair, queue, tally) }
              }
            }
          }
          try await group.waitForAll()
        }
      }
      print("property test: \(pairs.count == 1 ? "\(pairs.first!)" : "\(pairs.count) pairs of versions")")
      print("property test: \(tally.description)")
      // Each verdict must have been met, or the cases prove less than they seem to.
      guard request.seeds.count >= Self.usualCases else { return }
      for what in PropertyTally.wanted {
        #expect(tally[what] > 0, "no case met: \(what)")
      }
    }

    /// Runs the cases that are left for one pair of servers.
    private func work(on pair: ServerPair, _ queue: SeedQueue, _ tally: PropertyTally) async throws {
      try await withDatabases { source, target in
        try await PropertyRun.with(Scenario(source: source, target: target), tally: tally) { run in
          while let (number, seed) = queue.next(on: pair) { try await check(seed, number, on: pair, run, queue) }
        }
      }
    }

    /// Runs one case; when it fails, looks for a smaller one, tells, and ends the run.
    private func check(
      _ seed: UInt64, _ number: Int, on pair: ServerPair, _ run: PropertyRun, _ queue: SeedQueue
    ) async throws {
      if number % 250 == 0 { print("property test: case \(number)") }
      let property = CaseGenerator.make(seed: seed)
      guard let failure = try await run.failure(of: property) else { return }
      queue.close()
      var shrinker = Shrinker { try await run.failure(of: $0) }
      let smallest = try await shrinker.shrink(property, failure)
      let description = smallest.failure.description(
        of: smallest.property, shrunkFrom: property, on: pair, number: number, shrinks: shrinker.runs)
      Issue.record(Comment(rawValue: description))
    }
  }
}
