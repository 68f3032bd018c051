import Testing

@testable import PGTide
@testable import PGTideCommand
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct PlanTextTests {
  private func text(
    showsSQL: Bool = false, notices: [String] = [], _ change: (inout PlanSummary.Table) -> Void = { _ in }
  ) throws -> String {
    var table = Sample.planned("jobs")
    change(&table)
    return PlanText(try Sample.plan("forward", [table], notices: notices), showsSQL: showsSQL).text
  }

  @Test func `a plain table is a few lines`() throws {
    #expect(
      try text() == """
        Flow forward: 1 table, in this order.

        1. jobs  <-  public.jobs
           key         id
           ours        every row
           columns     id
           load        directly, if it is empty
           digest      none: it is empty
           duplicates  all rows of the key are rejected
           chunks      read whole, in binary
        """)
  }

  @Test func `what was measured is shown by reason`() throws {
    let text = try text { table in
      table.profile = PlanSummary.Profile(
        rows: 64_542, goIn: 64_500,
        rejected: [
          PlanSummary.Profile.Reject(reason: "duplicate key", about: "", rows: 40),
          PlanSummary.Profile.Reject(reason: "missing parent", about: "job_fkey", rows: 2),
        ], unmeasured: ["missing parents by boss_fkey"])
    }
    #expect(
      text.hasSuffix(
        """
           profile     64,542 rows, 64,500 go in, and these do not:
                       40 duplicate key
                       2 missing parent: job_fkey
                       not measured: missing parents by boss_fkey
        """))
    let clean = try self.text { $0.profile = PlanSummary.Profile(rows: 7, goIn: 7, rejected: [], unmeasured: []) }
    #expect(clean.hasSuffix("   profile     7 rows, all go in"))
  }

  @Test func `everything that is decided for a table is shown`() throws {
    let text = try text(notices: ["the source is a standby"]) { table in
      table.parents = ["orgs", "people"]
      table.together = ["tasks"]
      table.key = ["org", "no"]
      table.origin = "source = D"
      table.columns = [
        PlanSummary.Column(name: "no", type: "integer", from: "src.\"no\"", fits: nil),
        PlanSummary.Column(name: "name", type: "varchar(5)", from: "src.\"title\"", fits: "length"),
        PlanSummary.Column(name: "land", type: "text", from: "a constant", fits: nil),
      ]
      table.references = ["(org) -> \"public\".\"orgs\" (id)"]
      table.integrity = "triggers: as configured"
      table.oneStreamBecause = "it is a view"
      table.copyFormat = .text
      table.estimatedRows = 64_542
      table.bytes = 12_300_000
      table.notices = ["not on the target, so not copied: photo"]
    }
    #expect(
      text == """
        Flow forward: 1 table, in this order.

        1. jobs  <-  public.jobs  (about 64,542 rows, 12.3 MB)
           key         org, no
           ours        source = D, or NULL
           columns     no, name (from src."title"), land (from a constant)
                       name: values that are not varchar(5) are rejected
           after       orgs, people
           together    with tasks
           refers      (org) -> "public"."orgs" (id)
           integrity   triggers: as configured
           load        directly, if it is empty
           digest      none: it is empty
           duplicates  all rows of the key are rejected
           chunks      one stream (it is a view), as text
           note        not on the target, so not copied: photo

        Note: the source is a standby
        """)
  }

  @Test func `warnings stand apart from the notes, and before them`() throws {
    let plan = try Sample.plan(
      "forward", [Sample.planned("jobs")], notices: ["a remark"], warnings: ["look", "and look"])
    #expect(PlanText(plan, showsSQL: false).text.hasSuffix("\n\nWarning: look\nWarning: and look\n\nNote: a remark"))
  }

  @Test func `tables are numbered in their order`() throws {
    let summary = try Sample.plan("back", ["orgs", "jobs"].map(Sample.planned))
    let text = PlanText(summary, showsSQL: false).text
    #expect(text.hasPrefix("Flow back: 2 tables, in this order.\n\n1. orgs  <-"))
    #expect(text.contains("\n\n2. jobs  <-"))
  }

  @Test func `the SQL is shown when it is asked for, each statement under what it is for, and once`() throws {
    #expect(try !text().contains("COPY"))
    #expect(
      try text(showsSQL: true).hasSuffix(
        """
           chunks      read whole, in binary

           -- ==== Into the stage

           -- source: read the rows
           COPY one;
           COPY two;

           -- ==== Merge

           -- target: update what differs (only if there is any)
           UPDATE t
             SET a;

           -- ==== In parts (only if rows were refused)

           -- target: update once more
           -- as above: target: update what differs
        """))
  }
}
