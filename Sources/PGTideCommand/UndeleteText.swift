import PGTide
import TerminalProgress

/// What became of rows that were to be put back, as a person wants to read it.
struct UndeleteText {
  private let report: UndeleteReport

  init(_ report: UndeleteReport) { self.report = report }

  var text: String {
    guard !report.tables.isEmpty else { return "There are no deleted rows of these tables in pgtide.deleted." }
    var table = TextTable([
      .left("table"), .right("deleted"), .right(report.isTrial ? "would be back" : "back"), .right("value taken"),
    ])
    for row in report.tables {
      table.add([row.table] + [row.found, row.restored, row.taken].map(HumanFormat.count))
    }
    let lost = report.tables.filter { !$0.lostColumns.isEmpty }.map {
      "\($0.table): the table has no more, so not put back: \($0.lostColumns.joined(separator: ", ")). pgtide.deleted keeps the rows"
    }
    let taken = report.tables.filter { !$0.takenKeys.isEmpty }.map {
      "\($0.table): other rows have the key or a unique value of \($0.takenKeys.joined(separator: ", "))"
        + "\($0.taken > $0.takenKeys.count ? ", …" : "")"
    }
    let closing =
      report.isTrial
      ? "Nothing was changed. --apply puts them back." : "The next sync deletes them again, unless the source has them."
    return ([table.text] + lost + taken + [closing]).joined(separator: "\n\n")
  }
}
