import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct KnownKeysTests {
  private static func reference(to parent: String) throws -> CachedReference {
    let plan = try SampleKeys.plan(parent: parent)
    return try #require(plan.keyCache?.references.first)
  }

  private func known(_ tables: [String] = [], keys: Int = 1 << 10, trial: Int = 64) -> KnownKeys {
    var limits = KeyCacheLimits()
    (limits.keys, limits.trialKeys) = (keys, trial)
    return KnownKeys(tables: tables.map { QualifiedName("public", $0) }, limits: limits)
  }

  @Test func `a key is there, is missing, or nobody knows`() throws {
    let reference = try Self.reference(to: "teams")
    let known = known()
    #expect(known.states(of: [reference])[0].lacks(1) == nil)
    known.learn(reference.parent, present: [1, 2], missing: [3])
    let state = known.states(of: [reference])[0]
    #expect(state.lacks(1) == false)
    #expect(state.lacks(3) == true)
    #expect(state.lacks(4) == nil)
  }

  @Test func `a parent of the run is asked for when it has landed, any other at once`() throws {
    let references = [try Self.reference(to: "teams"), try Self.reference(to: "elsewhere")]
    let known = known(["teams"])
    #expect(known.askable(references).map(\.parent.table.name) == ["elsewhere"])
    known.note(landed: QualifiedName("public", "teams"))
    #expect(known.askable(references).map(\.parent.table.name) == ["teams", "elsewhere"])
  }

  @Test func `a parent of which hardly a key is missing is not asked for any more`() throws {
    let reference = try Self.reference(to: "teams")
    let known = known(trial: 64)
    known.learn(reference.parent, present: Array(1...63), missing: [])
    #expect(!known.states(of: [reference])[0].isClosed)
    known.learn(reference.parent, present: [64], missing: [])
    #expect(known.states(of: [reference])[0].isClosed)
    // What is known stays known.
    #expect(known.states(of: [reference])[0].lacks(1) == false)
  }

  @Test func `one of which every 32nd is missing is worth it`() throws {
    let reference = try Self.reference(to: "teams")
    let known = known(trial: 64)
    known.learn(reference.parent, present: Array(1...62), missing: [63, 64])
    #expect(!known.states(of: [reference])[0].isClosed)
  }

  @Test func `keys of all parents share the room`() throws {
    let references = [try Self.reference(to: "teams"), try Self.reference(to: "elsewhere")]
    let known = known(keys: 5)
    #expect(known.room == 5)
    known.learn(references[0].parent, present: [1, 2], missing: [3])
    // The same key again takes none.
    known.learn(references[0].parent, present: [1], missing: [])
    #expect(known.room == 2)
    known.learn(references[1].parent, present: [1, 2, 3], missing: [])
    #expect(known.room == 0)
  }

  @Test func `a parent can be closed by hand`() throws {
    let reference = try Self.reference(to: "teams")
    let known = known()
    known.close(reference.parent)
    #expect(known.states(of: [reference])[0].isClosed)
  }
}
