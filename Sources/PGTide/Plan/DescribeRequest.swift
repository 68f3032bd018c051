import Postgres

/// A question to the source: what does a piece of the user's own SQL return?
struct DescribeRequest: Sendable {
  let subject: Subject
  let statement: SQL

  enum Subject: Hashable, Sendable, Codable {
    /// The columns of a table's `query`.
    case query(TableName)
    /// The row filter, which returns nothing but must be valid.
    case filter(TableName)
    /// The expression for a target column.
    case expression(TableName, column: Identifier)
    /// The expression that orders duplicates.
    case duplicateOrder(TableName)
  }

  static func requests(for table: TableConfiguration, in configuration: SyncConfiguration) -> [DescribeRequest] {
    let from = configuration.sourceFrom(table)
    var requests: [DescribeRequest] = []
    if case .query = table.source {
      requests.append(DescribeRequest(subject: .query(table.target), statement: "SELECT src.* FROM \(from)"))
    }
    if let filter = table.filter {
      requests.append(
        DescribeRequest(subject: .filter(table.target), statement: "SELECT FROM \(from) WHERE (\(raw: filter))"))
    }
    for mapping in table.columns {
      if case .expression(let expression) = mapping.value {
        requests.append(
          DescribeRequest(
            subject: .expression(table.target, column: mapping.column),
            statement: "SELECT (\(raw: expression)) FROM \(from)"))
      }
    }
    if let order = table.duplicates.order {
      requests.append(
        DescribeRequest(subject: .duplicateOrder(table.target), statement: "SELECT (\(raw: order)) FROM \(from)"))
    }
    return requests
  }
}

extension DuplicateRule {
  /// The user's expression, where there is one.
  var order: String? {
    switch self {
    case .rejectAll: nil
    case .first(let expression), .last(let expression): expression
    }
  }
}
