import Testing

@testable import PGTide
@testable import PGTideCommand
@testable import PGTidePlanning

@Suite struct CheckTextTests {
  private func line(_ kind: DifferenceKind, _ key: String?, columns: [String] = []) -> RowDifference {
    RowDifference(kind: kind, key: [.init(column: "id", value: key)], columns: columns)
  }

  private func report(_ change: (inout TableCheck) -> Void, outcome: CheckReport.Outcome = .different) -> CheckReport {
    var table = TableCheck(label: "people", source: "public.people")
    table.level = 12_345
    change(&table)
    return CheckReport(
      outcome: outcome, flow: "forward", tables: [table], seconds: 1, notices: [], warnings: [])
  }

  @Test func `a level table has a row of counts and no lines`() {
    #expect(
      CheckText(report({ _ in }, outcome: .level)).text == """
        table    level  differ  only on source  only on target  protected
        people  12,345       0               0               0          0  level

        Both ends are level.
        """)
  }

  @Test func `lines have a sign, the key and the columns, and rare kinds a column where they occur`() {
    let report = report { table in
      table.add(.differs, "", 1)
      table.add(.targetOnly, "", 1)
      table.add(.rejected, "does_not_fit:name", 3)
      var rejected = line(.rejected, nil)
      (rejected.reason, rejected.about) = ("does not fit", "name")
      table.take([line(.differs, "5", columns: ["name", "street"]), line(.targetOnly, "a b"), rejected])
    }
    #expect(
      CheckText(report).text == """
        table    level  differ  only on source  only on target  protected  rejected
        people  12,345       1               0               1          0         3  different

        people
          * id=5: name, street
          - id="a b"
          + id=NULL rejected: does not fit (name)
          … 2 more rows (--limit)

        To look at:
          - people: 3 rows cannot go into the target: does not fit

        The two ends differ.
        """)
  }

  @Test func `texts that look like something else, or that break lines, are quoted`() {
    for (value, text) in [("NULL", #""NULL""#), ("", #""""#), ("a\nb", #""a\nb""#), ("-1.5", "-1.5"), ("Ö", "Ö")] {
      #expect(CheckText.line(line(.sourceOnly, value)) == "+ id=\(text)")
    }
  }

  @Test func `a script has deletes as comments, and last`() {
    let report = report { table in
      var (gone, new) = (line(.targetOnly, "1"), line(.sourceOnly, "2"))
      (gone.sql, new.sql) = ("DELETE;", "INSERT;")
      table.add(.sourceOnly, "", 1)
      table.add(.targetOnly, "", 1)
      table.take([gone, new])
      table.settings = ["SET;"]
    }
    let lines = MendingScript(report).text.split(separator: "\n").dropFirst(5)
    #expect(
      lines == [
        "BEGIN;", "SET CONSTRAINTS ALL DEFERRED;", "-- people", "SET;", "INSERT;", "-- people", "SET;", "-- DELETE;",
        "COMMIT;",
      ])
  }
}
