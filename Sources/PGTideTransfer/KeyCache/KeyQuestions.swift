import CopyFormat
import Postgres

/// The keys of a number of rows of which nobody knows yet, to be asked for in one round trip.
package struct KeyQuestions: Sendable {
  private let known: KnownKeys
  private let references: [CachedReference]
  private var keys: [ParentKey: Keys] = [:]

  private struct Keys: Sendable {
    var seen = KeySet()
    var digests: [UInt64] = []
    var values: [String] = []
  }

  package init(_ references: [CachedReference], known: KnownKeys) {
    self.known = known
    self.references = references
  }

  /// - Parameter tuples: whole tuples.
  package mutating func collect(from bytes: [UInt8], fieldCount: Int) throws(CopyFormatError) {
    let tuples = bytes.span
    let states = known.states(of: references)
    var room = known.room
    var reader = CopyTupleReader(fieldCount: fieldCount)
    var fields: [CopyField] = []
    while room > 0, try reader.next(in: tuples, into: &fields) {
      for (reference, state) in zip(references, states) where !state.isClosed {
        let field = fields[reference.field]
        guard let digest = field.digest(in: tuples), let range = field.range, state.lacks(digest) == nil,
          keys[reference.parent, default: Keys()].seen.insert(digest)
        else { continue }
        guard let text = reference.parent.type.text(bytes[range]) else { continue }
        keys[reference.parent]?.digests.append(digest)
        keys[reference.parent]?.values.append(text)
        room -= 1
      }
    }
  }

  package struct Cost: Sendable {
    package var keys = 0
    package var bytes = 0
  }

  /// Asks, and tells the known keys what came of it. A question that fails is not asked again: the comparison decides.
  package func ask(_ cache: KeyCache) async throws -> Cost {
    let questions = keys.filter { !$0.value.values.isEmpty }
    guard !questions.isEmpty else { return Cost() }
    var cost = Cost()
    do {
      let answers = try await cache.ask(.each(questions.map { $0.key.missing(among: $0.value.values) }))
      for ((parent, asked), missing) in zip(questions, answers) {
        cost.keys += asked.values.count
        cost.bytes += missing.bytes
        let digests = asked.digests.enumerated()
        known.learn(
          parent, present: digests.filter { !missing.numbers.contains($0.offset + 1) }.map(\.element),
          missing: digests.filter { missing.numbers.contains($0.offset + 1) }.map(\.element))
      }
    } catch let error as PostgresError {
      for parent in questions.keys { known.close(parent) }
      cache.log.keysNotAsked(questions.keys.map(\.table), error)
    }
    return cost
  }
}
