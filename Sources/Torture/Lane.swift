import FaultProxy
import FoundationEssentials
import Postgres

/// Works through episodes on its own station: fresh databases, an app at work, and one fault after the other.
struct Lane: Sendable {
  let station: Station
  let settings: TortureSettings
  let record: Record

  /// Faults of an episode. The first meets an empty target, without the schema `pgtide`.
  static let roundsPerEpisode = 10

  func run() async throws {
    // What a run takes is measured once, without faults, for an empty target and for a level one.
    let sizes = try await measure()
    while let number = record.nextEpisode() {
      try await episode(number, sizes)
    }
  }

  private func measure() async throws -> MeasuredSizes {
    try await withEpisode(seed: 0) { episode in
      let first = try await episode.cleanRun()
      _ = try await episode.edit()
      return MeasuredSizes(first: first, later: try await episode.cleanRun())
    }
  }

  private func episode(_ number: Int, _ measured: MeasuredSizes) async throws {
    let seed = settings.episodeSeed(number)
    try await withEpisode(seed: seed) { episode in
      var sizes = measured
      for round in 0..<Self.roundsPerEpisode where !record.isEnough {
        let result = try await episode.round(isFirst: round == 0, sizes: round == 0 ? sizes.first : sizes.later)
        sizes.later = result.recoverySizes ?? sizes.later
        record.add(result, seed: seed, episode: number, round: round)
        if !result.violations.isEmpty { throw Violated() }
      }
    }
  }

  /// Runs `body` with databases made from `seed`, and an app at work on the target.
  private func withEpisode<R: Sendable>(seed: UInt64, _ body: (inout Episode) async throws -> R) async throws -> R {
    var generator = SeededGenerator(seed: seed)
    var office = Office()
    try await station.reset(office.fill(&generator).statements)
    let app = App(connectionString: station.target.direct, seed: generator.next())
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await app.run() }
      defer { group.cancelAll() }
      var episode = Episode(station: station, app: app, generator: generator, office: office)
      return try await body(&episode)
    }
  }
}

/// What runs without faults take.
struct MeasuredSizes: Sendable {
  /// Into an empty target, making the schema `pgtide`.
  var first: RunSizes
  var later: RunSizes
}

/// Ends a lane; what was violated stands in the record.
struct Violated: Error {}
