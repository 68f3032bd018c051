/// The rows that a statement returned, copied out of libpq, and how many rows it touched.
///
/// For catalogs and counts; rows of user tables travel through COPY.
public struct QueryResult: Sendable {
  public let columns: [String]
  public let rows: [Row]
  /// Rows inserted, updated, deleted, selected or copied, as the command tag says; 0 where it has no number.
  public let affectedRows: Int
  /// The command tag, such as `INSERT 0 5`.
  public let commandTag: String
  /// The columns with their types.
  public let descriptions: [ColumnDescription]

  package init(
    columns: [String], rows: [Row], affectedRows: Int, commandTag: String, descriptions: [ColumnDescription] = []
  ) {
    self.descriptions = descriptions
    self.columns = columns
    self.rows = rows
    self.affectedRows = affectedRows
    self.commandTag = commandTag
  }

  /// One row: values in PostgreSQL's text form.
  public struct Row: Sendable {
    private let values: [String?]

    package init(values: [String?]) { self.values = values }

    public subscript(column: Int) -> String? { values[column] }

    /// A value that the statement never returns as NULL.
    public func text(_ column: Int) -> String { values[column] ?? "" }

    public func int(_ column: Int) -> Int? { values[column].flatMap(Int.init) }

    public func double(_ column: Int) -> Double? { values[column].flatMap(Double.init) }

    public func bool(_ column: Int) -> Bool { values[column] == "t" }

    /// A value that the statement returns as a one-dimensional array of texts; NULL elements are `nil`.
    public func array(_ column: Int) -> [String?] { values[column].map(arrayElements) ?? [] }
  }
}

/// The elements of a one-dimensional array in text form (manual, "8.15.6 Array Input and Output Syntax").
package func arrayElements(_ text: String) -> [String?] {
  var elements: [String?] = []
  var element = String.UnicodeScalarView()
  var isQuoted = false
  var wasQuoted = false
  var isEscaped = false
  // By scalars: a mark that combines with a quote or a comma would make one character of both.
  let inner = text.unicodeScalars.dropFirst().dropLast()
  guard !inner.isEmpty else { return [] }
  func finished() -> String? {
    let text = String(element)
    return !wasQuoted && text == "NULL" ? nil : text
  }
  for character in inner {
    if isEscaped {
      element.append(character)
      isEscaped = false
    } else if character == "\\" {
      isEscaped = true
    } else if character == "\"" {
      isQuoted.toggle()
      wasQuoted = true
    } else if character == ",", !isQuoted {
      elements.append(finished())
      element = String.UnicodeScalarView()
      wasQuoted = false
    } else {
      element.append(character)
    }
  }
  elements.append(finished())
  return elements
}
