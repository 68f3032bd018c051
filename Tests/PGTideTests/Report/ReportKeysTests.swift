import FoundationEssentials
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer
@testable import PGTideTune

/// What `--json` prints: every key of it, and back.
@Suite struct ReportKeysTests {
  /// What a value is as JSON, with the keys as they are printed.
  private static func json(_ value: some Encodable) throws -> JSONValue {
    try JSONValue(json: String(decoding: JSONEncoder().encode(value), as: UTF8.self))
  }

  private static func keys(_ value: some Encodable) throws -> Set<String> {
    guard case .object(let members) = try json(value) else { return [] }
    return Set(members.keys)
  }

  /// The keys that the reference has below a heading.
  private static func documented(_ heading: String) throws -> Set<String> {
    let pages = ["docs/reference/report.md", "docs/reference/reports-of-commands.md"]
    let lines = try DocumentationPage.all().filter { pages.contains($0.path) }.flatMap(\.lines)
    let start = try #require(lines.firstIndex { $0 == heading })
    let section = lines[(start + 1)...].prefix { !$0.hasPrefix("#") }
    let cells = section.filter { $0.hasPrefix("| `") }.compactMap { $0.split(separator: " | ").first }
    return Set(cells.flatMap { $0.matches(of: /`([a-z_]+)`/).map { String($0.1) } })
  }

  @Test func `a report of a sync is the same once it was written and read`() throws {
    let report = try SampleReport.sync()
    let read = try JSONDecoder().decode(SyncReport.self, from: JSONEncoder().encode(report))
    #expect(try Self.json(read) == Self.json(report))
    #expect(read.runID == report.runID)
    #expect(read.isAtomic && read.isDryRun)
    #expect(read.totals == report.totals)
    #expect(read.tables.map(\.protectedDifferent) == [5])
    #expect(read.tables.map(\.protectedByLook) == [7])
    #expect(read.tables[0].rewrites == report.tables[0].rewrites)
    #expect(read.spill?.isKept == true)
  }

  @Test func `a plan is the same once it was written and read`() throws {
    let plan = try SampleReport.plan()
    let read = try JSONDecoder().decode(PlanSummary.self, from: JSONEncoder().encode(plan))
    #expect(try Self.json(read) == Self.json(plan))
    #expect(read.tables[0].sql == plan.tables[0].sql)
    #expect(read.tables[0].oneStreamBecause == "it is a view")
  }

  @Test func `a report of a tune is the same once it was written and read`() throws {
    let report = SampleReport.tune()
    let read = try JSONDecoder().decode(TuneReport.self, from: JSONEncoder().encode(report))
    #expect(try Self.json(read) == Self.json(report))
    #expect(read.recommended == report.recommended)
    #expect(read.notTried == report.notTried)
  }

  @Test func `a report of a check is the same once it was written and read`() throws {
    let report = SampleReport.check()
    let read = try JSONDecoder().decode(CheckReport.self, from: JSONEncoder().encode(report))
    #expect(try Self.json(read) == Self.json(report))
    #expect(read.tables[0].lines == report.tables[0].lines)
    #expect(read.outcome == .different)
  }

  @Test func `the reference has every key of a receipt's report, and no other`() throws {
    let report = SampleReport.receipt()
    let read = try JSONDecoder().decode(ReceiptReport.self, from: JSONEncoder().encode(report))
    #expect(try Self.json(read) == Self.json(report))
    #expect(try Self.keys(report) == Self.documented("### A receipt"))
    #expect(try Self.keys(report.tables[0]) == Self.documented("### A table of a receipt"))
    #expect(try Self.keys(report) == Set(ReceiptReport.CodingKeys.allCases.map(\.rawValue)))
    #expect(try Self.keys(report.tables[0]) == Set(ReceiptReport.Table.CodingKeys.allCases.map(\.rawValue)))
    #expect(report.outcome == .failed)
  }

  @Test func `the reference has every key of a check's report, and no other`() throws {
    let report = SampleReport.check()
    let line = report.tables[0].lines[0]
    #expect(try Self.keys(report) == Self.documented("## check"))
    #expect(try Self.keys(report.tables[0]) == Self.documented("### A table of a check"))
    #expect(try Self.keys(line) == Self.documented("### A row that differs"))
    #expect(try Self.keys(line.key[0]) == Self.documented("### A value"))
    #expect(try Self.keys(report) == Set(CheckReport.CodingKeys.allCases.map(\.rawValue)))
    #expect(try Self.keys(report.tables[0]) == Set(TableCheck.CodingKeys.allCases.map(\.rawValue)))
    #expect(try Self.keys(line) == Set(RowDifference.CodingKeys.allCases.map(\.rawValue)))
  }

  @Test func `the reference has every key of a sync's report, and no other`() throws {
    let report = try SampleReport.sync()
    let table = report.tables[0]
    #expect(try Self.keys(report) == Self.documented("## sync"))
    #expect(try Self.keys(table) == Self.documented("### A table of a sync"))
    #expect(try Self.keys(table.counts) == Self.documented("### Counts"))
    #expect(try Self.keys(report.roundTrips) == Self.documented("### Round trips"))
    #expect(try Self.keys(#require(report.spill)) == Self.documented("### Spill"))
    #expect(try Self.keys(#require(table.keyCache)) == Self.documented("### Key cache"))
    #expect(try Self.keys(#require(table.rewrites)) == Self.documented("### Rewrites"))
    #expect(try Self.keys(#require(table.changedBy)) == Self.documented("### Changed rows"))
  }

  @Test func `the reference has every key of a plan and of a tune, and no other`() throws {
    let plan = try SampleReport.plan()
    #expect(try Self.keys(plan) == Self.documented("## plan"))
    #expect(try Self.keys(plan.tables[0]) == Self.documented("### A table of a plan"))
    #expect(try Self.keys(plan.tables[0].columns[0]) == Self.documented("### A column"))
    #expect(try Self.keys(plan.tables[0].sql[0]) == Self.documented("### A statement"))
    let profile = try #require(plan.tables[0].profile)
    #expect(try Self.keys(profile) == Self.documented("### A profile"))
    #expect(try Self.keys(profile.rejected[0]) == Self.documented("### A reason"))
    let tune = SampleReport.tune()
    #expect(try Self.keys(tune) == Self.documented("## tune"))
    #expect(try Self.keys(tune.trials[0]) == Self.documented("### A trial"))
    #expect(try Self.keys(tune.now) == Self.documented("### Settings"))
  }

  @Test func `the reference has every key of an undelete, and no other`() throws {
    let report = UndeleteReport(
      flow: "forward", isTrial: true,
      tables: [
        UndeleteReport.Table(table: "people", found: 3, restored: 2, taken: 1, takenKeys: [], lostColumns: ["note"])
      ])
    #expect(try Self.keys(report) == Self.documented("## undelete"))
    #expect(try Self.keys(report.tables[0]) == Self.documented("### A table of an undelete"))
  }

  @Test func `the reference has every key of what is inspected, and no other`() throws {
    let report = try SampleReport.inspect()
    let table = report.tables[0]
    let side = try #require(table.source)
    #expect(try Self.keys(report) == Self.documented("## inspect"))
    #expect(try Self.keys(report.source) == Self.documented("### An end"))
    #expect(try Self.keys(table) == Self.documented("### A table that is inspected"))
    #expect(try Self.keys(side) == Self.documented("### A table on one end"))
    #expect(try Self.keys(side.uniqueKeys[0]) == Self.documented("### A unique key"))
    #expect(try Self.keys(side.foreignKeys[0]) == Self.documented("### A foreign key"))
    #expect(try Self.keys(side.stamps[0]) == Self.documented("### A stamp"))
    #expect(try Self.keys(table.columns[0]) == Self.documented("### A column that is inspected"))
    #expect(try Self.keys(#require(table.columns[0].target)) == Self.documented("### A column on one end"))
    let read = try JSONDecoder().decode(InspectReport.self, from: JSONEncoder().encode(report))
    #expect(try Self.json(read) == Self.json(report))
  }

  /// A value that is missing in a sample would hide its key from the tests above.
  @Test func `the samples lack no value`() throws {
    let report = try SampleReport.sync()
    #expect(try Self.keys(report) == Set(SyncReport.CodingKeys.allCases.map(\.rawValue)))
    #expect(try Self.keys(report.tables[0]) == Set(TableReport.CodingKeys.allCases.map(\.rawValue)))
    #expect(try Self.keys(report.totals) == Set(RowCounts.CodingKeys.allCases.map(\.rawValue)))
    #expect(try Self.keys(#require(report.spill)) == Set(SpillReport.CodingKeys.allCases.map(\.rawValue)))
    let plan = try SampleReport.plan()
    #expect(try Self.keys(plan.tables[0]) == Set(PlanSummary.Table.CodingKeys.allCases.map(\.rawValue)))
    #expect(try Self.keys(plan.tables[0].sql[0]) == Set(PlanSummary.Statement.CodingKeys.allCases.map(\.rawValue)))
    let profile = try #require(plan.tables[0].profile)
    #expect(try Self.keys(profile) == Set(PlanSummary.Profile.CodingKeys.allCases.map(\.rawValue)))
    #expect(try Self.keys(profile.rejected[0]) == Set(PlanSummary.Profile.Reject.CodingKeys.allCases.map(\.rawValue)))
    let inspected = try SampleReport.inspect()
    #expect(try Self.keys(inspected.tables[0]) == Set(InspectReport.Table.CodingKeys.allCases.map(\.rawValue)))
    #expect(
      try Self.keys(#require(inspected.tables[0].source)) == Set(InspectReport.Side.CodingKeys.allCases.map(\.rawValue))
    )
  }
}
