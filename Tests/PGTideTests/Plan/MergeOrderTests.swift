import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct MergeOrderTests {
  private func name(_ number: Int) -> QualifiedName { QualifiedName("public", "t\(number)") }

  private func order(_ count: Int, _ edges: [(child: Int, parent: Int)]) -> [MergeGroup] {
    var parents: [QualifiedName: Set<QualifiedName>] = [:]
    for edge in edges { parents[name(edge.child), default: []].insert(name(edge.parent)) }
    return MergeOrder.groups((0..<count).map(name), parents: parents)
  }

  private func numbers(_ groups: [MergeGroup]) -> [[Int]] {
    groups.map { $0.tables.map { Int($0.name.name.dropFirst()) ?? -1 } }
  }

  @Test func `tables without references keep their order`() {
    #expect(numbers(order(4, [])) == [[0], [1], [2], [3]])
  }

  @Test func `no tables are no groups`() {
    #expect(order(0, []).isEmpty)
  }

  @Test func `a parent goes before its child, wherever it stands`() {
    let groups = order(3, [(0, 2), (2, 1)])
    #expect(numbers(groups) == [[1], [2], [0]])
    #expect(groups.map(\.parents) == [[], [0], [1]])
  }

  @Test func `a table that refers to itself is a group of one, and not its own parent`() {
    let groups = order(2, [(0, 0)])
    #expect(numbers(groups) == [[0], [1]])
    #expect(groups[0].parents.isEmpty)
  }

  @Test func `a diamond has one top and one bottom`() {
    let groups = order(4, [(3, 1), (3, 2), (1, 0), (2, 0)])
    #expect(numbers(groups) == [[0], [1], [2], [3]])
    #expect(groups.map(\.parents) == [[], [0], [0], [1, 2]])
  }

  @Test func `tables in a cycle merge together, in their order`() {
    let groups = order(4, [(0, 2), (2, 0), (1, 2), (2, 3)])
    #expect(numbers(groups) == [[3], [0, 2], [1]])
    #expect(groups.map(\.parents) == [[], [0], [1]])
  }

  @Test func `a parent outside the run is of no account`() {
    #expect(numbers(order(1, [(0, 7)])) == [[0]])
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `any graph is cut into its cycles, parents first`(seed: UInt64) {
    var random = Seeded(seed)
    let count = Int.random(in: 1...9, using: &random)
    let edges = (0..<Int.random(in: 0...14, using: &random)).map { _ in
      (child: Int.random(in: 0..<count, using: &random), parent: Int.random(in: 0..<count, using: &random))
    }
    let groups = order(count, edges)
    let members = numbers(groups)
    #expect(members.joined().sorted() == Array(0..<count))

    // The slow and obvious way: who reaches whom.
    var reaches = (0..<count).map { from in (0..<count).map { to in from == to || edges.contains { $0 == (from, to) } }
    }
    for middle in 0..<count {
      for from in 0..<count where reaches[from][middle] {
        for to in 0..<count where reaches[middle][to] { reaches[from][to] = true }
      }
    }
    for (index, group) in members.enumerated() {
      let together = (0..<count).filter { reaches[$0][group[0]] && reaches[group[0]][$0] }
      #expect(group == together)
      let above = members.indices.filter { other in
        other != index && edges.contains { group.contains($0.child) && members[other].contains($0.parent) }
      }
      #expect(groups[index].parents == above)
      #expect(above.allSatisfy { $0 < index })
    }
  }
}

/// The same numbers for the same seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
