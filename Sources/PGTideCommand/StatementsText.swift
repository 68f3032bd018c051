import PGTide

/// A table's statements as a person wants to read them: each under what it is for. One that was shown before is not
/// shown again.
struct StatementsText {
  private let statements: [PlanSummary.Statement]

  init(_ statements: [PlanSummary.Statement]) { self.statements = statements }

  var lines: [String] {
    var lines: [String] = []
    var (part, heading) = ("", "")
    var shown: [String: String] = [:]
    for statement in statements {
      let title = statement.part + only(statement.partOnly)
      if title != part {
        lines += ["", "-- ==== \(title)"]
        (part, heading) = (title, "")
      }
      let purpose = "\(statement.end): \(statement.purpose)"
      if purpose + only(statement.only) != heading {
        heading = purpose + only(statement.only)
        lines += ["", "-- \(heading)"]
      }
      if let place = shown[statement.sql] {
        lines.append("-- as above: \(place)")
      } else {
        shown[statement.sql] = purpose
        lines += "\(statement.sql);".split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      }
    }
    return lines
  }

  private func only(_ condition: String?) -> String { condition.map { " (only \($0))" } ?? "" }
}
