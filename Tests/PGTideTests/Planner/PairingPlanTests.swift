import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Tables whose key is not on both ends.
@Suite struct PairingPlanTests {
  private func planning(
    _ servers: SampleServers, _ pairing: PairingRule, _ change: (inout TableConfiguration) -> Void = { _ in }
  ) throws -> (plan: TablePlan?, problems: [String], notices: [String], warnings: [String]) {
    var planning = try servers.planning(
      TableConfiguration("items") {
        $0.pairing = pairing
        change(&$0)
      })
    let plan = planning.plan()
    return (plan, planning.problems.map(\.problem), plan?.notices ?? [], plan?.warnings ?? [])
  }

  @Test func `rows are paired by the columns under match, and named by them`() throws {
    let (plan, problems, notices, _) = try planning(SamplePairs.servers(), .generated(match: ["task_id", "item"]))
    #expect(problems == [])
    #expect(plan?.key.columns.map(\.name) == ["id"])
    #expect(plan?.key.naming.map(\.name) == ["task_id", "item"])
    #expect(plan?.columns.map(\.name) == ["task_id", "item", "done"])
    #expect(plan?.key.pairing?.compared == ["task_id"])
    #expect(plan?.digest.reasonForReading == nil)
    #expect(notices.contains("the target makes its key (id): rows are paired by task_id, item"))
  }

  @Test func `a row that changes is a new one where it is paired as a whole, of which the plan warns`() throws {
    for pairing in [PairingRule.generated(match: []), .keyless] {
      let kept = try planning(SamplePairs.servers(), pairing)
      #expect(kept.plan?.key.pairing?.isWhole == true)
      #expect(kept.warnings.contains { $0.hasPrefix("a row that changes on the source is inserted anew") })
      #expect(try planning(SamplePairs.servers(), pairing) { $0.deletes = .remove }.warnings == [])
    }
  }

  @Test func `a column that the target fills is not copied, unless the configuration says so`() throws {
    let servers = SamplePairs.servers(source: [.column("id", .integer)])
    let found = try planning(servers, .generated(match: ["item"]))
    #expect(found.plan?.columns.map(\.name) == ["task_id", "item", "done"])
    #expect(found.notices.contains("not copied, because the target makes it: id"))
    let copied = try planning(servers, .generated(match: ["item"])) {
      $0.columns = [ColumnMapping(column: "id", value: .renamed("id"))]
    }
    #expect(
      copied.problems == [
        "`key: generated` is for a key that the target makes, and all columns of its primary key get a value (id)"
      ])
  }

  @Test func `what cannot be paired is refused`() throws {
    let servers = SamplePairs.servers()
    #expect(
      try planning(servers, .generated(match: ["itme"])).problems
        == ["the target has no column itme, which stands under `match`"])
    #expect(
      try planning(servers, .generated(match: ["source"])).problems
        == ["column source stands under `match`, and gets no value from the source"])
    // Nothing fills it.
    #expect(
      try planning(SamplePairs.servers(identity: .none), .generated(match: ["item"])).problems
        == ["column id must not be NULL, has no default, and gets no value (the source has no column of this name)"])
    var keyless = SamplePairs.servers()
    keyless.target(.sample("items", [.column("item", .text), .column("done", .numeric), .marker], key: []))
    #expect(
      try planning(keyless, .generated(match: ["item"])).problems
        == ["`key: generated` is for a key that the target makes, and it has no primary key"])
    #expect(try planning(keyless, .keyless).plan?.key.columns.map(\.name) == ["ctid"])
    keyless.target(.sample("items", [.column("item", .text), .marker], key: []) { $0.canLock = false })
    #expect(
      try planning(keyless, .keyless).problems
        == [
          "pgtide may not lock public.items on the target, whose rows are paired: that takes UPDATE on the whole table"
        ])
  }

  @Test func `rows that go in once are not found again by all of their values`() throws {
    for pairing in [PairingRule.keyless, .generated(match: []), .generated(match: ["task_id", "item", "done"])] {
      #expect(
        try planning(SamplePairs.servers(), pairing) { $0.updates = .keep }.problems
          == [
            "`updates: keep` leaves rows as they stand, and those of this table are found again by all of their values only"
          ])
    }
    #expect(
      try planning(SamplePairs.servers(), .generated(match: ["task_id", "item"])) { $0.updates = .keep }.problems == [])
  }

  @Test func `a value of the source is no key that only the target makes`() throws {
    var servers = SamplePairs.servers(source: [.key("id", .integer)])
    let notes: [ColumnFacts] = [.key("no", .integer), .column("item_id", .integer)]
    servers.source(.sample("notes", notes))
    servers.target(
      .sample("notes", notes + [.marker], key: ["no"], oid: 16_777) {
        $0.foreignKeys = [.sample("item_id", to: "items")]
      })
    func items(_ rule: PairingRule?, _ change: (inout TableConfiguration) -> Void = { _ in }) -> TableConfiguration {
      TableConfiguration("items") {
        $0.pairing = rule
        change(&$0)
      }
    }
    let refusal = #expect(throws: PlanRefusal.self) {
      try servers.plan(items(.generated(match: ["item"])), TableConfiguration("notes"))
    }
    #expect(
      refusal?.problems.map(\.problem) == [
        "column item_id gets a value from the source, and refers to items.id, which only the target makes (`key: generated`)"
      ])
    _ = try servers.plan(items(nil), TableConfiguration("notes"))
    // What the source calls its key cannot be told from the rows of a query.
    let lookup = LookupConfiguration(
      table: TableName(name: "items"), by: [LookupConfiguration.Match(column: "id", value: "item_id")], take: "id",
      end: .target)
    let looking = TableConfiguration("notes") {
      $0.columns = [ColumnMapping(column: "item_id", value: .lookup(lookup))]
    }
    _ = try servers.plan(items(.generated(match: ["item"])), looking)
    servers.described[.query(TableName(name: "items"))] = [
      ("id", .integer), ("task_id", .integer), ("item", .text), ("done", .numeric),
    ]
    let byQuery = #expect(throws: PlanRefusal.self) {
      try servers.plan(items(.generated(match: ["item"])) { $0.source = .query("SELECT * FROM public.items") }, looking)
    }
    #expect(
      byQuery?.problems.first?.problem.contains("is read by a query, of which no key of the source's is known") == true)
  }

  @Test func `a part of the key that the source fills stands under match`() throws {
    var servers = SampleServers()
    servers.configuration.origin = .allRowsAreOurs
    let columns: [ColumnFacts] = [.key("org", .integer), .column("item", .text)]
    servers.source(.sample("items", columns, key: []))
    servers.target(
      .sample("items", columns + [.key("no", .integer, identity: .byDefault)], key: ["org", "no"]))
    #expect(
      try planning(servers, .generated(match: ["item"])).problems
        == ["its primary key's org gets a value from the source, and does not stand under `match`"])
    #expect(try planning(servers, .generated(match: ["org", "item"])).plan?.key.columns.map(\.name) == ["org", "no"])
  }
}
