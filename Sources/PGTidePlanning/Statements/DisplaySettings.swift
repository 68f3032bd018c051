import PostgresValues

/// How the session writes values, as statements that let another one read them as the same.
package enum DisplaySettings {
  private static let names = ["DateStyle", "IntervalStyle", "TimeZone", "lc_monetary"]

  package static let question = Question(
    "SELECT \(names.map { "pg_catalog.current_setting(\(literal: $0))" as SQL }.joined(separator: ", "))"
  ) { answer in
    guard let row = answer.rows.first else { return [] as [String] }
    return names.enumerated().map { ("SET LOCAL \(raw: $1) = \(literal: row.text($0))" as SQL).script }
  }
}
