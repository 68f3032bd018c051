import PostgresValues

/// A question to the source: what does a piece of the user's own SQL return?
package struct DescribeRequest: Sendable {
  package let subject: Subject
  /// The user's SQL between parentheses, as all statements have it.
  package let statement: SQL
  /// The same without them: text that closes them and opens others, such as `a) OR (b`, is no SQL by itself.
  package let bare: SQL
  /// The user's SQL among the columns of a statement that reads the source as `src`; `nil` for a condition.
  package var selected: SQL?

  package enum Subject: Hashable, Sendable, Codable {
    /// The columns of a table's `query`.
    case query(TableName)
    /// The row filter, which returns nothing but must be valid.
    case filter(TableName)
    /// The expression for a target column.
    case expression(TableName, column: Identifier)
    /// The expression that orders duplicates.
    case duplicateOrder(TableName)
    /// The query that must find a row before anything is deleted.
    case expectation(TableName)
  }

  package static func requests(for table: TableConfiguration, in configuration: SyncConfiguration) -> [DescribeRequest]
  {
    let from = configuration.sourceFrom(table)
    var requests: [DescribeRequest] = []
    if case .query(let query) = table.source {
      requests.append(
        DescribeRequest(
          subject: .query(table.target), statement: "SELECT src.* FROM \(from)", bare: SQL(users: query),
          selected: "src.*"))
    }
    if let filter = table.filter.map({ SQL(users: $0) }) {
      requests.append(
        DescribeRequest(
          subject: .filter(table.target), statement: "SELECT FROM \(from) WHERE (\(filter))",
          bare: "SELECT FROM \(from) WHERE \(filter)"))
    }
    func selecting(_ expression: String, for subject: Subject) -> DescribeRequest {
      let text = SQL(users: expression)
      return DescribeRequest(
        subject: subject, statement: "SELECT (\(text)) FROM \(from)", bare: "SELECT \(text) FROM \(from)",
        selected: "(\(text))")
    }
    for mapping in table.columns {
      if case .expression(let expression) = mapping.value {
        requests.append(selecting(expression, for: .expression(table.target, column: mapping.column.identifier)))
      }
    }
    if let expectation = configuration.expectation(of: table) {
      requests.append(
        DescribeRequest(
          subject: .expectation(table.target), statement: "SELECT expected.* FROM (\(expectation)) AS expected",
          bare: expectation))
    }
    if let order = table.duplicates.order { requests.append(selecting(order, for: .duplicateOrder(table.target))) }
    return requests
  }
}

extension SyncConfiguration {
  /// What must find a row on the source before rows of the table are deleted; `nil` where none are, or nothing is asked.
  package func expectation(of table: TableConfiguration) -> SQL? {
    guard (table.deletes ?? deletes) == .remove else { return nil }
    return (table.expect ?? expect).map { SQL(users: $0) }
  }
}

extension DuplicateRule {
  /// The user's expression, where there is one.
  package var order: String? {
    switch self {
    case .rejectAll: nil
    case .first(let expression), .last(let expression): expression
    }
  }
}

extension SQL {
  /// What the user wrote in the configuration. What stands behind it stands on a line of its own, so that a comment at
  /// its end is no more than that.
  package init(users text: String) { self.init(raw: text + "\n") }
}
