import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// What is decided about sequences behind columns that are filled.
@Suite struct SequencePlanTests {
  private static let name = QualifiedName("public", "t_id_seq")

  private func planning(
    _ sequence: ColumnSequence, of type: TypeFacts = .integer, _ rule: SequenceRule? = nil, flow: SequenceRule = .move
  ) throws -> TablePlanning {
    var servers = SampleServers()
    servers.configuration.origin = .allRowsAreOurs
    servers.configuration.sequences = flow
    let columns: [ColumnFacts] = [.key("id", .integer), .column("v", type)]
    servers.source(.sample("t", columns))
    servers.target(.sample("t", columns + [.column("own", .integer)]) { $0.sequences = [sequence] })
    return try servers.planning(TableConfiguration("t") { $0.sequences = rule })
  }

  private func sequence(_ column: Identifier = "id", isPlain: Bool = true, canUse: Bool = true) -> ColumnSequence {
    ColumnSequence(column: column, name: Self.name, isPlain: isPlain, canUse: canUse)
  }

  @Test(arguments: [
    (SequenceRule.move, nil as SequenceRule?, true), (.keep, nil, false), (.keep, .move, true), (.move, .keep, false),
  ])
  func `a table's own rule goes before that of the flow`(flow: SequenceRule, own: SequenceRule?, isMoved: Bool) throws {
    var planning = try planning(sequence(), own, flow: flow)
    #expect(planning.plan()?.sequences.isEmpty == !isMoved)
    #expect(planning.notices.isEmpty == true)
  }

  @Test func `a column that is not filled leaves its sequence alone`() throws {
    var planning = try planning(sequence("own"))
    #expect(planning.plan()?.sequences.isEmpty == true)
  }

  @Test func `a sequence that may not be used is a remark, with the statement that helps`() throws {
    var planning = try planning(sequence(canUse: false))
    #expect(planning.plan()?.sequences.isEmpty == true)
    #expect(planning.notices.contains { $0.contains(#"GRANT USAGE ON SEQUENCE "public"."t_id_seq" TO "pgtide""#) })
  }

  @Test func `a default that computes something is a remark`() throws {
    var planning = try planning(sequence(isPlain: false))
    #expect(planning.plan()?.sequences.isEmpty == true)
    #expect(planning.notices.contains { $0.contains("does not take its numbers as they are") })
  }

  @Test(arguments: [(TypeFacts.bigint, true), (.numeric, true), (.text, false)])
  func `only a column of numbers is compared with its sequence`(type: TypeFacts, isMoved: Bool) throws {
    var planning = try planning(sequence("v"), of: type)
    #expect(planning.plan()?.sequences.isEmpty == !isMoved)
  }

  @Test func `updates count where they set the column`() throws {
    let plans = try ["id", "v"].map { name in
      var planning = try planning(sequence(Identifier(name)))
      return planning.plan()?.sequences.first
    }
    var counts = RowCounts()
    #expect(plans.map { $0?.mayFallBehind(counts) } == [false, false])
    counts.updated = 1
    #expect(plans.map { $0?.mayFallBehind(counts) } == [false, true])
    counts.inserted = 1
    #expect(plans.map { $0?.mayFallBehind(counts) } == [true, true])
  }
}
