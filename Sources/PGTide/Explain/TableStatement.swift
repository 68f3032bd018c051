import Postgres

/// A statement that a run may send for a table, and what it is for.
struct TableStatement: Sendable {
  let section: Section
  /// In a few words, such as `update what differs`.
  let purpose: String
  let end: EndName
  /// In which case it is sent; `nil`: always, where its section is.
  let condition: String?
  let sql: SQL

  /// A part of the table's way.
  struct Section: Sendable, Equatable {
    let title: String
    /// In which case it comes to that; `nil`: in every run that goes the way which the plan expects.
    let condition: String?
  }
}
