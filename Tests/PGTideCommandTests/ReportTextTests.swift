import TerminalProgress
import Testing

@testable import PGTide
@testable import PGTideCommand
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct ReportTextTests {
  @Test func `a run without a hitch is a table and a closing line`() throws {
    let report = Sample.report([
      try Sample.table("orgmaster", .success, Sample.counts(read: 12, inserted: 2), seconds: 0.5),
      try Sample.table("jobtasks", .success, Sample.counts(read: 64_542, updated: 50), seconds: 1.5, isAnalyzed: true),
    ])
    #expect(
      ReportText(report).text == """
        table        read  inserted  updated  unchanged  protected  rejected  seconds  rows/s
        orgmaster      12         2        0         10          0         0     0.50      24
        jobtasks   64,542         0       50     64,492          0         0     1.50  43,028
        -------------------------------------------------------------------------------------
        total      64,554         2       50     64,502          0         0     2.00  32,277

        Run 42: 2 of 2 tables landed, 1.2 MB moved, 30.0 MB of memory at most, 42 sequential round trips to the target, 1 table analyzed.
        """)
  }

  @Test(arguments: [(84, true, true), (83, true, false), (76, true, false), (75, false, false), (20, false, false)])
  func `speeds and times are left out where the screen is too narrow for them`(
    width: Int, hasSeconds: Bool, hasSpeed: Bool
  ) throws {
    let table = try Sample.table("jobtasks", .success, Sample.counts(read: 64_542, updated: 50), seconds: 1.5)
    let lines = ReportText(Sample.report([table]), width: width).text.split(separator: "\n").prefix(4)
    #expect(lines[0].contains("seconds") == hasSeconds)
    #expect(lines[0].contains("rows/s") == hasSpeed)
    #expect(lines[1].contains("1.50") == hasSeconds)
    #expect(lines[0].contains("rejected"))
    #expect(lines[2].count == lines[0].count)
  }

  @Test func `rejects are counted by reason, each with what to do, and where they are`() throws {
    let report = Sample.report([
      try Sample.table(
        "jobs", .partial, Sample.counts(read: 2000, rejected: 1201),
        rejectReasons: [.missingParent: 1, .duplicateKey: 1200])
    ])
    let text = ReportText(report).text
    #expect(
      text.contains(
        """
        To look at:
          - jobs: 1,200 rejected: duplicate key
          - jobs: 1 rejected: missing parent
          - duplicate key: \(RejectReason.duplicateKey.advice)
          - missing parent: \(RejectReason.missingParent.advice)
          - The rejected rows: SELECT * FROM pgtide.rejects WHERE run_id = 42

        """))
  }

  @Test func `protected rows that differ are counted, and told where they are`() throws {
    var one = try Sample.table("jobs", .success, Sample.counts(read: 9, protected: 2))
    one.protectedDifferent = 1
    var many = try Sample.table("people", .success, Sample.counts(read: 300_000, protected: 200_000))
    many.protectedDifferent = 150_000
    let text = ReportText(Sample.report([one, many])).text
    #expect(
      text.contains(
        """
        To look at:
          - jobs: 1 protected row differs from the source's
          - people: 150,000 protected rows differ from the source's, of which 100,000 are listed
          - The protected rows that differ, to be settled by hand: SELECT * FROM pgtide.protected

        """))
    one.protectedDifferent = nil
    #expect(!ReportText(Sample.report([one])).text.contains("pgtide.protected"))
  }

  @Test func `the same advice is given once for all tables`() throws {
    let tables = try ["a", "b"].map {
      try Sample.table($0, .partial, Sample.counts(read: 1, rejected: 1), rejectReasons: [.doesNotFit: 1])
    }
    let text = ReportText(Sample.report(tables)).text
    #expect(text.split(separator: RejectReason.doesNotFit.advice, omittingEmptySubsequences: false).count == 2)
  }

  @Test func `errors and notices of tables and of the run are to be looked at`() throws {
    let report = Sample.report(
      [
        try Sample.table("jobs", .failed, error: "it broke\n  what to do: mend it", notices: ["a remark"]),
        try Sample.table("tasks", .skipped, error: "jobs did not land"),
      ], notices: ["the source is a standby"])
    #expect(
      ReportText(report).text.contains(
        """
        To look at:
          - jobs: it broke
              what to do: mend it
          - jobs: a remark
          - tasks: jobs did not land
          - the source is a standby

        Run 42: 0 of 2 tables landed,
        """))
  }

  @Test func `a table that did not land says so in its row`() throws {
    let report = Sample.report([
      try Sample.table("jobs", .failed), try Sample.table("tasks", .skipped), try Sample.table("orgs", .partial),
    ])
    let lines = ReportText(report).text.split(separator: "\n")
    #expect(lines[1].hasPrefix("jobs ") && lines[1].hasSuffix("  -  failed"))
    #expect(lines[2].hasPrefix("tasks ") && lines[2].hasSuffix("  -  skipped"))
    #expect(lines[3].hasPrefix("orgs ") && lines[3].hasSuffix("  -"))
  }

  @Test func `a dry run says that nothing was written`() throws {
    let text = ReportText(Sample.report([try Sample.table("jobs")], isDryRun: true)).text
    #expect(text.contains("Run 42: 1 of 1 table compared, nothing written (dry run), "))
  }

  @Test func `rows that were held back are told with what that saved`() throws {
    var table = try Sample.table("jobs")
    table.keyCache = KeyCacheReport()
    #expect(!ReportText(Sample.report([table])).text.contains("held back"))
    table.keyCache?.keysAsked = 4096
    table.keyCache?.rowsHeldBack = 12_000
    table.keyCache?.bytesSaved = 2_100_000
    #expect(
      ReportText(Sample.report([table])).text.contains(
        "jobs: 12,000 rows without a parent were held back, after 4,096 keys had been asked for, which saved 2.1 MB"))
  }

  @Test func `what is said of many tables in the same words is said once`() throws {
    let names = ["orgs", "jobs", "tasks", "steps", "notes"]
    let stopped = try names.map { try Sample.table($0, .stopped, error: "the run ended before it was merged") }
    let failed = try Sample.table("bills", .failed, error: "it broke")
    let text = ReportText(Sample.report([stopped[0], failed] + stopped[1...])).text
    #expect(
      text.contains(
        """
        To look at:
          - orgs, jobs, tasks and 2 more: the run ended before it was merged
          - bills: it broke
        """))
    let two = ReportText(Sample.report([stopped[0], stopped[1]])).text
    #expect(two.contains("- orgs: the run ended before it was merged\n  - jobs: the run ended before it was merged"))
  }

  @Test func `quiet output tells the tables that did not land and nothing else`() throws {
    let landed = try Sample.table("orgs", .partial, Sample.counts(read: 1, rejected: 1), notices: ["a remark"])
    #expect(ReportText(Sample.report([landed])).failures == nil)
    let failed = try Sample.table("jobs", .failed, error: "it broke")
    let skipped = try Sample.table("tasks", .skipped)
    #expect(ReportText(Sample.report([landed, failed, skipped])).failures == "jobs: it broke\ntasks: skipped")
  }

  @Test func `quiet output tells that rows are kept for --resume`() throws {
    var report = Sample.report([try Sample.table("jobs", .failed, error: "it broke")])
    var spill = SpillReport(
      directory: "/var/spill/forward.1", chunks: 1, directChunks: 0, rows: 1, bytes: 9, compressedBytes: 9)
    report.spill = spill
    #expect(ReportText(report).quiet == ["jobs: it broke"])
    spill.isKept = true
    report.spill = spill
    #expect(
      ReportText(report).quiet == [
        "jobs: it broke",
        "all rows of the source are kept in /var/spill/forward.1: run again with --resume to load them from there",
      ])
  }

  @Test func `what is likely to be a mistake is said first, and with --quiet`() throws {
    let table = try Sample.table("jobs", notices: ["a remark"], warnings: ["2 rows of ours"])
    let text = ReportText(Sample.report([table], warnings: ["no table has the stamp column at"]))
    #expect(text.warnings == "no table has the stamp column at\njobs: 2 rows of ours")
    #expect(
      text.text.contains(
        """
        To look at:
          - no table has the stamp column at
          - jobs: 2 rows of ours
          - jobs: a remark
        """))
    #expect(ReportText(Sample.report([try Sample.table("jobs", notices: ["a remark"])])).warnings == nil)
  }

  // MARK: - The line of one table

  @Test(arguments: [
    (Sample.counts(), "0 read"),
    (Sample.counts(read: 64_542, updated: 50), "64,542 read, 50 updated, 64,492 unchanged"),
    (
      Sample.counts(read: 15, inserted: 1, updated: 2, protected: 3, rejected: 4),
      "15 read, 1 inserted, 2 updated, 5 unchanged, 3 protected, 4 rejected"
    ),
  ])
  func `a table's line names what happened and leaves out what did not`(counts: RowCounts, line: String) throws {
    #expect(ReportText.line(try Sample.table("jobs", .success, counts)) == line)
  }

  @Test func `a failed table's line is the first of its error`() throws {
    #expect(ReportText.line(try Sample.table("jobs", .failed, error: "it broke\n  what to do: mend it")) == "it broke")
    #expect(ReportText.line(try Sample.table("jobs", .failed)) == "failed")
  }

  @Test(arguments: [
    (TableReport.Status.success, FinishStyle.success), (.partial, .warning), (.failed, .failure), (.skipped, .warning),
    (.stopped, .failure),
  ])
  func `a table's end has the style of its status`(status: TableReport.Status, style: FinishStyle) throws {
    #expect(ReportText.style(try Sample.table("jobs", status)) == style)
  }

  @Test func `what a trigger rewrote is told, with --quiet in the run that wrote it`() throws {
    var table = try Sample.table("jobs")
    table.rewrites = RewriteReport()
    table.rewrites?.columns = ["name"]
    table.rewrites?.triggers = ["tidy"]
    table.rewrites?.leftAlone = 2
    let text = "jobs: column name never becomes level: the trigger tidy of the target writes other values"
    #expect(ReportText(Sample.report([table])).text.contains(text))
    #expect(ReportText(Sample.report([table])).newRewrites == nil)
    table.rewrites?.written = 3
    #expect(ReportText(Sample.report([table])).newRewrites?.hasPrefix(text) == true)
  }

  @Test func `a warning of the plan is to be looked at, and shown when all else is quiet`() throws {
    let table = try Sample.table("jobs")
    let warned = ReportText(Sample.report([table], warnings: ["everybody has rights"]))
    #expect(warned.text.contains("To look at:\n  - everybody has rights"))
    #expect(warned.text.ranges(of: "everybody has rights").count == 1)
    #expect(warned.warnings == "everybody has rights")
    #expect(ReportText(Sample.report([table], notices: ["a remark"])).warnings == nil)
  }

  // MARK: - JSON

  @Test func `the JSON has stable keys in a stable order`() throws {
    let table = try Sample.table(
      "jobs", .partial, Sample.counts(read: 2, rejected: 1), rejectReasons: [.nullKey: 1],
      notices: ["see https://a/b"])
    let text = try ReportJSON.text(Sample.report([table]))
    let keys = text.split(separator: "\n").filter { $0.hasPrefix("  \"") }.map { $0.split(separator: "\"")[1] }
    #expect(
      keys == [
        "buffer_bytes", "bytes", "chunk_bytes", "copy_format", "flow", "is_atomic", "is_dry_run", "jobs", "key_cache",
        "mode", "notices", "outcome", "peak_memory", "round_trips",
        "run_id", "seconds", "tables", "totals", "warnings",
      ])
    #expect(text.contains("\"outcome\" : \"rejects\""))
    #expect(text.contains("\"NULL in the key\" : 1"))
    #expect(text.contains("\"rejected\" : 1"))
    #expect(text.contains("https://a/b"))
  }
}
