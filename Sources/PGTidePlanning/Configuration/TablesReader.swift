import PostgresValues
import Yams

/// Reads one table after the other, and watches that no two are the same.
package struct TablesReader {
  package let reader: TableReader
  /// The schema of tables that are named without one; `nil` where that could not be read.
  package let targetSchema: ObjectName?
  package private(set) var tables: [TableConfiguration] = []
  private var linesOfNames: [TableName: Int?] = [:]

  package init(reader: TableReader, targetSchema: ObjectName?) {
    self.reader = reader
    self.targetSchema = targetSchema
  }

  package mutating func read(_ name: Node, _ rules: Node?, _ expectation: String) {
    let mistakes = reader.configuration.mistakes
    guard let text = name.text, !name.isEmpty else {
      mistakes.add(name, "\(expectation), found \(name.kind)")
      return
    }
    guard let table = reader.table(text, at: name, rules) else { return }
    tables.append(table)
    let whole = TableName(schema: table.target.schema ?? targetSchema, name: table.target.name)
    if let line = linesOfNames[whole] {
      let place = line.map { " of line \($0)" } ?? ""
      mistakes.add(
        name, "`\(text)` repeats the table\(place); keep one entry, with a `query` if it has several sources")
    }
    linesOfNames.updateValue(table.line, forKey: whole)
  }
}
