import FoundationEssentials
import Testing

@testable import PGTide
@testable import PGTideCommand
@testable import PGTidePlanning
@testable import PGTideTransfer

/// What the commands print with `--json` is what the library reads.
@Suite struct PrintedJSONTests {
  private static func read<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
    try JSONDecoder().decode(type, from: Data(text.utf8))
  }

  @Test func `a printed report is read as the report that it was`() throws {
    let table = try Sample.table(
      "jobs", .partial, Sample.counts(read: 2, rejected: 1), rejectReasons: [.nullKey: 1], error: "no\n\"row\" / é")
    let report = Sample.report([table], isDryRun: true, warnings: ["everybody has rights"])
    let text = try ReportJSON.text(report)
    let read = try Self.read(SyncReport.self, text)
    #expect(try ReportJSON.text(read) == text)
    #expect(read.runID == "42")
    #expect(read.isDryRun)
    #expect(read.tables[0].error == "no\n\"row\" / é")
    #expect(read.tables[0].rejectReasons == [RejectReason.nullKey.words: 1])
    #expect(read.totals == report.totals)
  }

  @Test func `a printed plan is read as the plan that it was`() throws {
    let plan = try Sample.plan("forward", [Sample.planned("jobs")], notices: ["a notice"])
    let text = try ReportJSON.text(plan)
    let read = try Self.read(PlanSummary.self, text)
    #expect(try ReportJSON.text(read) == text)
    #expect(read.tables[0].sql == plan.tables[0].sql)
  }
}
