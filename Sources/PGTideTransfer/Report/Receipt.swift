/// What both ends looked like when a run had landed, as it stands in `pgtide.runs`.
package struct Receipt: Sendable, Codable, Equatable {
  package var tables: [Table]

  package init(tables: [Table]) { self.tables = tables }

  package struct Table: Sendable, Codable, Equatable {
    package var table: String
    package var source: End
    package var target: End
    /// Both ends were level.
    package var isLevel: Bool

    package init(table: String, source: End, target: End, isLevel: Bool) {
      self.table = table
      self.source = source
      self.target = target
      self.isLevel = isLevel
    }

    package enum CodingKeys: String, CodingKey {
      case table, source, target
      case isLevel = "level"
    }
  }

  package struct End: Sendable, Codable, Equatable {
    package var rows: Int
    package var digest: String
    /// Of the statement that asked: another one's answer cannot be compared.
    package var statement: String

    package init(rows: Int, digest: String, statement: String) {
      self.rows = rows
      self.digest = digest
      self.statement = statement
    }

    package func isLevel(with other: End) -> Bool { rows == other.rows && digest == other.digest }
  }
}
