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

/// The cases that are still to run, shared by the workers.
final class SeedQueue: Sendable {
  private let left: Mutex<ArraySlice<(number: Int, seed: UInt64)>>

  init(_ seeds: [UInt64]) { left = Mutex(seeds.enumerated().map { ($0 + 1, $1) }[...]) }

  /// The next case's seed, and which case of the run it is.
  func next() -> (number: Int, seed: UInt64)? { left.withLock { $0.popFirst() } }

  /// Nothing more is to run.
  func close() { left.withLock { $0.removeAll() } }
}
