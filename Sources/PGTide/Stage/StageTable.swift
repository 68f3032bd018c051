import Postgres

/// The tables in the private schema `pgtide` that take one table's rows and its delta. They are kept between runs.
struct StageTable: Sendable {
  static let schema = "pgtide"
  /// How many tables' stages one transaction makes or empties. It locks them and what belongs to them, and the server has
  /// room for some thousand locks (manual, "20.12 Lock Management").
  static let mostTogether = 64

  /// Takes the rows as they arrive.
  let stage: QualifiedName
  /// Takes what differs: the stage's row and what is to happen to it. For a row that the target itself refused, also
  /// what it named and what it said.
  let delta: QualifiedName
  let columns: [StagedColumn]
  /// It has a column that tells rows in their short form from whole ones.
  let takesShortRows: Bool

  /// The number of the whole row that is held back; NULL in a row that is whole itself.
  static let heldColumn = Identifier("pgtide held")

  /// Tells of a row that a text of it is no text for the other end, and which; NULL in all others.
  static let unreadableColumn = Identifier("pgtide unreadable")

  /// It has that column.
  var marksUnreadable: Bool { columns.last?.name == Self.unreadableColumn }

  init(flow: String, table: QualifiedName, columns: [StagedColumn], takesShortRows: Bool = false) {
    let name = Self.name(flow: flow, table: table)
    stage = QualifiedName(Self.schema, "stage_" + name)
    delta = QualifiedName(Self.schema, "delta_" + name)
    self.columns = columns
    self.takesShortRows = takesShortRows
  }

  /// Creates stages and deltas, for their owner alone. A stage's comment tells a later run whether it still has the shape
  /// that the run needs.
  ///
  /// - Parameter isGuarded: as ``HouseFacts/isGuarded``.
  static func create(_ stages: [StageTable], isGuarded: Bool) -> [SQL] {
    guard !stages.isEmpty else { return [] }
    let rights = OwnRights(tables: stages.flatMap(\.both), isGuarded: isGuarded)
    let comments = stages.map { "COMMENT ON TABLE \($0.stage) IS \(literal: $0.signature)" as SQL }
    return stages.flatMap(\.create) + rights.own + comments + [rights.take]
  }

  var both: [QualifiedName] { [stage, delta] }

  /// Creates both, unlogged, and without autovacuum, which would read them for nothing.
  private var create: [SQL] {
    [
      "DROP TABLE IF EXISTS \(stage), \(delta)",
      "CREATE UNLOGGED TABLE \(stage) (\(definition)) WITH (autovacuum_enabled = false)",
      """
      CREATE UNLOGGED TABLE \(delta)
        (row_id pg_catalog.tid NOT NULL, verdict pg_catalog.text NOT NULL, subject pg_catalog.text,
          message pg_catalog.text)
        WITH (autovacuum_enabled = false)
      """,
    ]
  }

  /// Files of so many bytes are kept when their tables are emptied.
  static let mostKept = 256 << 10
  /// So many rows are deleted.
  static let mostDeleted = 1_000

  /// A table with rows that a run is through with.
  struct Filled: Sendable {
    let name: QualifiedName
    let rows: Int
    /// Of its files when the run began, and of the rows that have come since.
    let bytes: Int
  }

  /// Empties tables.
  ///
  /// TRUNCATE makes new files for each of them and for its TOAST table and index, and new rows in `pg_class`: it took a
  /// sixth of the target's time in a run of 50 changes (docs/inside/reading.md). So few rows are deleted; the files go
  /// when they have grown.
  static func empty(_ tables: [Filled]) -> [SQL] {
    let isDeleted = { (table: Filled) in table.rows <= mostDeleted && table.bytes <= mostKept }
    return tables.filter(isDeleted).map { delete($0.name) }
      + [truncate(tables.filter { !isDeleted($0) }.map(\.name))].compactMap(\.self)
  }

  static func delete(_ table: QualifiedName) -> SQL { "DELETE FROM \(table)" }

  /// The same for tables of any size; `nil` for none.
  static func truncate(_ tables: [QualifiedName]) -> SQL? {
    tables.isEmpty ? nil : "TRUNCATE \(tables.map { "\($0)" as SQL }.joined(separator: ", "))"
  }

  /// Gives the room of tables back, also in a cancelled task. What this does not reach, the next run empties before it
  /// starts.
  ///
  /// TRUNCATE makes new files before it drops the old ones, for which a full disk has no room: then they are dropped, and
  /// a later run makes them again.
  static func free(_ tables: [QualifiedName], on connection: Connection) async {
    for tables in tables.parts(of: mostTogether) {
      guard let truncate = truncate(tables), (try? await connection.cleanUp(truncate)) == nil else { continue }
      let list = tables.map { "\($0)" as SQL }.joined(separator: ", ")
      _ = try? await connection.cleanUp("DROP TABLE IF EXISTS \(list)")
    }
  }

  private var definition: SQL {
    let columns = columns.map { column in
      let collation: SQL = column.collation.map { " COLLATE \($0)" } ?? ""
      return "\(column.name) \(column.type)\(collation)" as SQL
    }
    return (columns + (takesShortRows ? ["\(Self.heldColumn) bigint"] : [])).joined(separator: ", ")
  }

  /// Changes whenever the definition does.
  var signature: String { "pgtide stage 2, \(Fingerprint.of(definition.text))" }

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

extension Array {
  /// The same elements, in pieces of at most so many.
  func parts(of most: Int) -> [[Element]] {
    stride(from: 0, to: count, by: most).map { Array(self[$0..<Swift.min($0 + most, count)]) }
  }
}

/// A short, stable hash of a text (64-bit FNV-1a), for names and shapes, not for security.
enum Fingerprint {
  static func of(_ text: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
