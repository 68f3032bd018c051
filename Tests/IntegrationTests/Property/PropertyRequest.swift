import Synchronization

/// Which cases to run: from the environment, so that `swift test` can be told.
struct PropertyRequest: CustomStringConvertible {
  var seeds: [UInt64]
  let description: String

  /// `PGTIDE_PROPERTY_CASE`: one case, by its own seed. `PGTIDE_PROPERTY_CASES`, `PGTIDE_PROPERTY_SEED`: so many, from
  /// the seed of a run; a random one where none is given.
  init(environment: [String: String], usualCases: Int) throws {
    func number(_ name: String, radix: Int) throws -> UInt64? {
      guard let text = environment[name], !text.isEmpty else { return nil }
      guard let number = UInt64(text, radix: radix) else {
        throw Malformed(description: "\(name)=\(text) is no number")
      }
      return number
    }
    if let seed = try number("PGTIDE_PROPERTY_CASE", radix: 16) {
      (seeds, description) = ([seed], "case \(seed.hex)")
      return
    }
    let count = try number("PGTIDE_PROPERTY_CASES", radix: 10).map(Int.init) ?? usualCases
    let run = try number("PGTIDE_PROPERTY_SEED", radix: 16) ?? .random(in: .min ... .max)
    seeds = (0..<count).map { SeededGenerator.seed(of: $0, in: run) }
    description =
      "\(count) cases of seed \(run.hex); the same again: scripts/property --cases \(count) --seed \(run.hex)"
  }

  struct Malformed: Error, CustomStringConvertible {
    var description: String
  }
}

/// The cases that are still to run, by the servers that they run on; shared by the workers.
final class SeedQueue: Sendable {
  typealias Case = (number: Int, seed: UInt64)

  private let left: Mutex<[ServerPair: ArraySlice<Case>]>

  init(_ seeds: [UInt64], on pair: (UInt64) -> ServerPair) {
    let cases = seeds.enumerated().map { Case($0 + 1, $1) }
    left = Mutex(Dictionary(grouping: cases) { pair($0.seed) }.mapValues { $0[...] })
  }

  var pairs: Set<ServerPair> { left.withLock { Set($0.keys) } }

  /// The pair that has most cases left.
  func nextPair() -> ServerPair? {
    left.withLock { left in
      left.filter { !$0.value.isEmpty }.max {
        ($0.value.count, $1.key.description) < ($1.value.count, $0.key.description)
      }?
      .key
    }
  }

  /// The next case's seed, and which case of the run it is.
  func next(on pair: ServerPair) -> Case? { left.withLock { $0[pair]?.popFirst() } }

  /// Nothing more is to run.
  func close() { left.withLock { $0.removeAll() } }
}
