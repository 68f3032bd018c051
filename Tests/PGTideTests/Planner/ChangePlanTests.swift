import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// How it is decided which rows of a table are read, where a column of the source tells what has changed.
@Suite struct ChangePlanTests {
  private static let cards = QualifiedName("public", "cards")
  private static let mark = "2026-01-02 03:04:05.000000+00"

  /// The plan of the table `cards`, of which the last run has left a mark.
  private func plan(
    uniqueOnSource: Bool = true, _ change: (inout SampleServers, inout TableConfiguration) -> Void = { _, _ in },
    past: (inout PastChanges) -> Void = { _ in }
  ) throws -> SyncPlan {
    var servers = SampleServers()
    servers.configuration.origin = .allRowsAreOurs
    let columns: [ColumnFacts] = [.key("id", .integer), .column("name", .text)]
    servers.source(.sample("cards", columns + [.column("changed", .timestamptz)], pages: 10_000, rows: 900_000))
    servers.target(.sample("cards", columns, rows: 900_000))
    servers.changes = ChangeFacts()
    servers.changes?.seesSessions = true
    servers.changes?.tables[Self.cards] = ChangeFacts.Table()
    servers.changes?.tables[Self.cards]?.indexed = ["changed"]
    if uniqueOnSource { servers.changes?.tables[Self.cards]?.uniqueKeys = [["id"]] }
    var table = TableConfiguration("cards") { $0.changedBy = ChangeRule(column: "changed") }
    change(&servers, &table)
    let fingerprint = try #require(servers.plan(table).table(Self.cards)?.changes?.fingerprint)
    var changes = PastChanges(
      mark: Self.mark, fullAt: "2026-01-02 00:00:00+00", age: 3600, fullRows: 900_000, plan: fingerprint)
    past(&changes)
    servers.pasts["cards"] = TablePast(rowsRead: 900_000, run: "7", changes: changes)
    return try servers.plan(table).readingChanges
  }

  private func changes(_ plan: SyncPlan) throws -> ChangePlan {
    try #require(plan.table(Self.cards)?.changes)
  }

  private func reason(_ plan: SyncPlan) throws -> String? {
    if case .all(let reason) = try changes(plan).reading { reason } else { nil }
  }

  @Test func `only changed rows are read, and a plan over all rows is at hand`() throws {
    let plan = try plan()
    let table = try #require(plan.table(Self.cards))
    #expect(table.readsChangesOnly)
    #expect(table.chunks.count == 1)
    #expect(table.chunks[0].query.text.hasSuffix("OR src.\"changed\" IS NULL)"))
    #expect(table.digest.reasonForReading != nil)
    #expect(table.direct.reasonForStage != nil)
    let whole = try #require(plan.readingAll.table(Self.cards))
    #expect(!whole.readsChangesOnly)
    #expect(whole.chunks.count > 1)
    #expect(whole.digest.reasonForReading == nil)
    // A run that takes up a spill knows nothing of what was not read.
    #expect(plan.keepingLeftovers.table(Self.cards)?.changes == nil)
  }

  @Test func `all rows are looked at where the last run has left nothing, too long ago, or something is not as it was`()
    throws
  {
    #expect(try reason(plan()) == nil)
    #expect(try reason(plan(past: { $0.age = 24 * 3600 }))?.hasSuffix("they are every 1d") == true)
    #expect(try reason(plan(past: { $0.age = -1 })) != nil)
    #expect(try reason(plan(past: { $0.plan = "another" }))?.hasPrefix("the configuration") == true)
    #expect(
      try reason(
        plan(past: {
          $0.mark = nil
          $0.reason = "rows were left out"
        })) == "rows were left out")
    #expect(
      try reason(plan { servers, _ in servers.configuration.settings.mode = .full }) == "`mode: full` asks for it")
    #expect(try reason(plan { servers, _ in servers.configuration.settings.spill.mode = .always }) != nil)
    #expect(
      try reason(
        plan { _, table in
          table.references = [ReferenceConfiguration(columns: ["id"], parent: TableName(name: "cards"))]
        })?.hasPrefix("the target does not enforce") == true)
  }

  @Test func `what a plan rests on is in its fingerprint`() throws {
    func fingerprint(_ change: (inout SampleServers, inout TableConfiguration) -> Void) throws -> String {
      try changes(plan { change(&$0, &$1) }).fingerprint
    }
    let changed = try [
      fingerprint { _, _ in },
      fingerprint { _, table in table.changedBy?.overlap = .seconds(5) },
      fingerprint { _, table in table.columns = [ColumnMapping(column: "name", value: .constant("x"))] },
      fingerprint { servers, _ in servers.configuration.origin = .marker(column: "name", ours: "D") },
      fingerprint { servers, _ in servers.changes?.identity = "another" },
      fingerprint { servers, _ in servers.changes?.tables[Self.cards]?.files = "1:2" },
      fingerprint { servers, _ in servers.configuration.deletes = .remove },
    ]
    #expect(Set(changed).count == changed.count)
  }

  @Test func `what is left to the next run follows from what could not go in, and from what the snapshot saw`() throws {
    var part = try changes(plan())
    var whole = try changes(plan(past: { $0.age = 24 * 3600 }))
    #expect(part.next(RowCounts()) == nil)
    (part.horizon, whole.horizon) = (.known("later"), .known("later"))
    var rejected = RowCounts()
    (rejected.rejected, rejected.protected) = (2, 1)
    #expect([part, whole].map { $0.next(RowCounts())?.mark } == ["later", "later"])
    #expect([part, whole].map { $0.next(rejected)?.mark } == [Self.mark, nil])
    #expect(part.next(rejected)?.reason?.contains("2 rejected and 1 protected") == true)
    (part.horizon, whole.horizon) = (.unknown("it is hidden"), .unknown("it is hidden"))
    #expect([part, whole].map { $0.next(RowCounts())?.mark } == [Self.mark, Self.mark])
    var first = try changes(plan(past: { $0.plan = "another" }))
    first.horizon = .unknown("it is hidden")
    #expect(first.next(RowCounts())?.mark == nil)
  }

  @Test(arguments: [
    (["2026", "0", "0", "f"], ChangeHorizon.known("2026")), (["2026", "1", "0", "f"], nil),
    (["2026", "0", "1", "f"], nil),
    (["2026", "0", "0", "t"], nil),
  ])
  func `a snapshot sees up to a time that is known where no transaction hides its beginning`(
    answer: [String], horizon: ChangeHorizon?
  ) throws {
    let row = QueryResult.Row(values: answer)
    let told = try ChangeSQL.horizon.read([
      .success(QueryResult(columns: [], rows: [row], affectedRows: 1, commandTag: ""))
    ])
    if let horizon { #expect(told == horizon) } else { #expect(told != .known("2026")) }
  }

  @Test func `the statements that read changed rows are those of the file`() throws {
    let plan = try plan(uniqueOnSource: false)
    let table = try #require(plan.table(Self.cards))
    let wanted = ["ask since when", "read the rows", "enter it in the history"]
    var list = StatementList()
    list.section("For the plan") { list in
      list.add(.source, "ask for files, indexes and rights", ChangeSQL.facts([Self.cards]).statements)
      list.add(.target, "ask for files", ChangeSQL.files([Self.cards]).statements)
    }
    let statements =
      list.statements
      + TableStatements(table, in: plan).all.filter { statement in
        wanted.contains { statement.purpose.hasPrefix($0) } && !statement.section.title.hasPrefix("Merge")
      }
    try GoldenFile("changed-by.sql").expect(StatementText.file("changed-by", statements))
  }
}
