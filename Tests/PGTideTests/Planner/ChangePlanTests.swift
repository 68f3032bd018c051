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

  private typealias Change = (inout SampleServers, inout TableConfiguration) -> Void

  /// Why all rows are looked at that are planned so now, and were planned otherwise by the last run.
  private func told(_ before: Change, _ now: Change) throws -> String? {
    let earlier = try plan(before)
    let past = try changes(earlier).fingerprint
    return try reason(plan(now, past: { $0.plan = past }))
  }

  /// Of a table that computes nothing, the database's own code is no matter.
  @Test func `why all rows are looked at is told by what has changed`() throws {
    let (first, second): ((String?, String?), (String?, String?)) = (("1", "1"), ("2", "2"))
    let filtered: Change = { servers, table in
      table.filter = "src.id > 0"
      servers.described[.filter(table.target)] = []
    }
    func setting(_ change: @escaping (inout ChangeFacts) -> Void, isFiltered: Bool = true) -> Change {
      { servers, table in
        if isFiltered { filtered(&servers, &table) }
        change(&servers.changes!)
      }
    }
    let same = setting { ($0.code, $0.settings) = first }
    #expect(try told(same, same) == nil)
    #expect(try told(same, setting { ($0.code, $0.settings) = second })?.hasPrefix("functions, views") == true)
    #expect(
      try told(same, setting { ($0.code, $0.settings) = (first.0, second.1) })?.hasPrefix("the settings of")
        == true)
    #expect(
      try told(
        setting({ ($0.code, $0.settings) = first }, isFiltered: false),
        setting({ ($0.code, $0.settings) = second }, isFiltered: false)) == nil)
    let plain: Change = { _, _ in }
    #expect(try told(plain, { servers, _ in servers.changes?.types = "2" })?.hasPrefix("enumerations") == true)
    #expect(try told(plain, { servers, _ in servers.changeTypes = "2" })?.hasPrefix("enumerations") == true)
    #expect(
      try told(plain, { servers, _ in servers.changes?.identity = "2" })?.hasPrefix("the source is not") == true)
    #expect(try told({ servers, _ in servers.sourceServer = .standby }, plain)?.hasPrefix("the source is not") == true)
    #expect(
      try told(plain) { $0.changes?.readings[$1.target] = .looking("2") }?.hasPrefix("what it is read from") == true)
    #expect(try told(plain, { _, table in table.changedBy?.overlap = .seconds(5) })?.hasPrefix("the configur") == true)
    // A state before the last run's.
    #expect(
      try reason(plan({ servers, _ in servers.changes?.nextTransaction = 41 }, past: { $0.nextTransaction = 42 }))
        == "the source was taken back to a state before the last run")
    #expect(
      try reason(plan({ servers, _ in servers.changes?.nextTransaction = 42 }, past: { $0.nextTransaction = 42 }))
        == nil)
  }

  @Test func `relations whose rows come later than their times say are looked at as a whole`() throws {
    for (late, said) in [
      (ChangeFacts.Late.foreign, "another server's"), (.materialized, "when it is refreshed"),
      (.subscribed, "by a subscription"),
    ] {
      let told = try reason(
        plan { servers, table in
          var reading = ChangeFacts.Reading()
          reading.late = ("public.far", late)
          servers.changes?.readings[table.target] = reading
        })
      #expect(told?.hasPrefix("it reads public.far, whose ") == true)
      #expect(told?.hasSuffix(said) == true)
    }
  }

  @Test func `the words of SQL are names as the catalogs have them`() {
    let words = ChangeReading.words(in: [#"SELECT f(a.Id), 'x' FROM "My Table" t JOIN s.Läden$1 USING (id)"#])
    #expect(Set(["f", "a", "id", "My Table", "s", "läden$1"]).isSubset(of: words))
    #expect(!words.contains("") && !words.contains("my table"))
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
    let wanted = ["ask since when", "read the rows"]
    var list = StatementList()
    list.section("For the plan") { list in
      let reads = [ChangeReading(table: TableName(name: "cards"), relation: Self.cards, words: ["f"])]
      list.add(
        .source, "ask what the rows rest on, and for indexes and rights",
        ChangeSQL.facts(reads, settings: ["app.tenant"]).statements)
      list.add(
        .target, "ask for files and types", ChangeSQL.files([Self.cards]).statements + ChangeSQL.types.statements)
    }
    var landing = StatementList()
    landing.section("Merge") { list in
      var landed = table
      landed.changes?.horizon = .known("2026-01-01 00:00:00.000000+00")
      let left = HistorySQL.changes(landed, RowCounts(), RunIdentity(id: "8"))
      list.add(.target, "what the table's row in the history gets as changed_by", [left].compactMap(\.self))
    }
    let statements =
      list.statements
      + TableStatements(table, in: plan).all.filter { statement in
        wanted.contains { statement.purpose.hasPrefix($0) } && !statement.section.title.hasPrefix("Merge")
      } + landing.statements
    try GoldenFile("changed-by.sql").expect(StatementText.file("changed-by", statements))
  }
}

extension ChangeFacts.Reading {
  fileprivate static func looking(_ look: String) -> ChangeFacts.Reading {
    var reading = ChangeFacts.Reading()
    reading.look = look
    return reading
  }
}

extension ServerFacts {
  fileprivate static var standby: ServerFacts {
    var server = ServerFacts(
      version: 150_000, blockSize: 8192, isStandby: true, user: "pgtide", database: "office", countsTuples: true)
    (server.encoding, server.digestCheck) = ("UTF8", "1")
    return server
  }
}
