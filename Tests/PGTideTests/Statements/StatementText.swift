import Postgres

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Statements as a file that people read: each under what it is for, its bound values behind it. What has stood there
/// before is not written again.
enum StatementText {
  static func file(_ name: String, _ statements: [TableStatement], of whom: String = "for the table") -> String {
    var lines = ["-- \(name): what a run may send \(whom), in its order.", "-- \(GoldenFile.renewing)"]
    var (section, heading) = ("", "")
    var written: [SQL: String] = [:]
    for statement in statements {
      let title = statement.section.title + condition(statement.section.condition)
      if title != section {
        lines += ["", "-- ==== \(title)"]
        (section, heading) = (title, "")
      }
      let purpose = "\(statement.end): \(statement.purpose)"
      if heading != purpose + condition(statement.condition) {
        heading = purpose + condition(statement.condition)
        lines += ["", "-- \(heading)"]
      }
      if let place = written[statement.sql] {
        lines.append("-- As above: \(place)")
      } else {
        written[statement.sql] = purpose
        lines += ["\(statement.sql.text);"] + values(statement.sql)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func condition(_ text: String?) -> String { text.map { " (only \($0))" } ?? "" }

  private static func values(_ sql: SQL) -> [String] {
    sql.values.enumerated().map { "--   $\($0.offset + 1) = \($0.element.map { "'\($0)'" } ?? "NULL")" }
  }
}
