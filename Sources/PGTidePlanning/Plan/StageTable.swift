import PostgresValues

/// The tables in the private schema `pgtide` that take one table's rows and its delta. They are kept between runs.
package struct StageTable: Sendable {
  package static let schema = "pgtide"
  /// How many tables' stages one transaction makes or empties. It locks them and what belongs to them, and the server has
  /// room for some thousand locks (manual, "20.12 Lock Management").
  package static let mostTogether = 64

  /// Takes the rows as they arrive.
  package let stage: QualifiedName
  /// Takes what differs: the stage's row and what is to happen to it. For a row that the target itself refused, also
  /// what it named and what it said. A row of the target that is to go is no row of the stage: it is known by its place, its
  /// partition and its version.
  package let delta: QualifiedName
  package let columns: [StagedColumn]
  /// It has a column that tells rows in their short form from whole ones.
  package let takesShortRows: Bool

  /// The number of the whole row that is held back; NULL in a row that is whole itself.
  package static let heldColumn = Identifier("pgtide held")

  /// Tells of a row that a text of it is no text for the other end, and which; NULL in all others.
  package static let unreadableColumn = Identifier("pgtide unreadable")

  /// The verdict of a row for which a lookup fails; NULL in all others.
  package static let lookupColumn = Identifier("pgtide lookup")

  /// The same for lookups on the target, which is filled in there.
  package static let targetLookupColumn = Identifier("pgtide target lookup")

  /// A column of the source row by which something is looked up on the target, where that is no column of the target's.
  package static func byColumn(_ number: Int) -> Identifier { Identifier("pgtide by \(number)") }

  /// Whether the source row refers to a row of the source by whose match columns something is looked up on the target.
  package static func translatedColumn(_ number: Int) -> Identifier { Identifier("pgtide translated \(number)") }

  /// What of it are no values of the row's.
  package static let ownColumns = Set(
    [DuplicatePlan.orderColumn, lookupColumn, targetLookupColumn, unreadableColumn]
      + (0..<mostKeyColumns).map(PairingPlan.column))

  /// As many as an index has (manual, "appendix K").
  private static let mostKeyColumns = 32

  /// It has the column that tells of an unreadable text.
  package var marksUnreadable: Bool { columns.last?.name == Self.unreadableColumn }

  package init(flow: String, table: QualifiedName, columns: [StagedColumn], takesShortRows: Bool = false) {
    let name = Self.name(flow: flow, table: table)
    stage = QualifiedName(Self.schema, "stage_" + name)
    delta = QualifiedName(Self.schema, "delta_" + name)
    self.columns = columns
    self.takesShortRows = takesShortRows
  }

  /// One that a session makes for itself, and that goes with it.
  ///
  /// - Parameter place: tells it from the session's others.
  package init(temporary place: Int, columns: [StagedColumn]) {
    stage = QualifiedName(Self.temporarySchema, "pgtide_stage_\(place)")
    delta = QualifiedName(Self.temporarySchema, "pgtide_delta_\(place)")
    self.columns = columns
    takesShortRows = false
  }

  /// What a session calls the schema of its temporary tables.
  package static let temporarySchema = "pg_temp"

  package var both: [QualifiedName] { [stage, delta] }
  package var definition: SQL {
    let columns = columns.map { column in
      let collation: SQL = column.collation.map { " COLLATE \($0)" } ?? ""
      return "\(column.name) \(column.type)\(collation)" as SQL
    }
    return (columns + (takesShortRows ? ["\(Self.heldColumn) bigint"] : [])).joined(separator: ", ")
  }

  /// Changes whenever the definition does.
  package var signature: String { "pgtide stage 3, \(Fingerprint.of(definition.text))" }

  /// The names in a row where that is clear. An underscore in the flow's or the schema's name would leave open where it
  /// ends, and PostgreSQL cuts names after 63 bytes: either could make two tables' stages one.
  private static func name(flow: String, table: QualifiedName) -> String {
    let name = "\(flow)_\(table.schema.name)_\(table.name.name)"
    let room = 63 - "stage_".utf8.count
    let isClear = !flow.utf8.contains(UInt8(ascii: "_")) && !table.schema.name.utf8.contains(UInt8(ascii: "_"))
    guard !isClear || name.utf8.count > room else { return name }
    let suffix = "_" + Fingerprint.of(Identifier(flow).quoted + "." + table.quoted)
    var head = name
    while head.utf8.count + suffix.utf8.count > room { head.removeLast() }
    return head + suffix
  }
}
