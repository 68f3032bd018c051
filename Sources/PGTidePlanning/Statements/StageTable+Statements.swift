import PostgresValues

extension StageTable {
  /// Creates stages and deltas, for their owner alone. A stage's comment tells a later run whether it still has the shape
  /// that the run needs.
  ///
  /// - Parameter isGuarded: as ``PrivateSchemaFacts/isGuarded``.
  package static func create(_ stages: [StageTable], isGuarded: Bool) -> [SQL] {
    guard !stages.isEmpty else { return [] }
    let rights = OwnRights(tables: stages.flatMap(\.both), isGuarded: isGuarded)
    let comments = stages.map { "COMMENT ON TABLE \($0.stage) IS \(literal: $0.signature)" as SQL }
    return stages.flatMap(\.create) + rights.own + comments + [rights.take]
  }

  /// Creates both, unlogged, and without autovacuum, which would read them for nothing.
  private var create: [SQL] {
    [
      "DROP TABLE IF EXISTS \(stage), \(delta)",
      "CREATE UNLOGGED TABLE \(stage) (\(definition)) WITH (autovacuum_enabled = false)",
      """
      CREATE UNLOGGED TABLE \(delta)
        (row_id pg_catalog.tid, verdict pg_catalog.text NOT NULL, subject pg_catalog.text, message pg_catalog.text,
          place pg_catalog.tid, part pg_catalog.oid, version pg_catalog.text, row_key pg_catalog.jsonb,
          row_data pg_catalog.jsonb)
        WITH (autovacuum_enabled = false)
      """,
    ]
  }

  /// Files of so many bytes are kept when their tables are emptied.
  package static let mostKept = 256 << 10

  /// So many rows are deleted.
  package static let mostDeleted = 1_000

  /// A table with rows that a run is through with.
  package struct Filled: Sendable {
    package let name: QualifiedName
    package let rows: Int
    /// Of its files when the run began, and of the rows that have come since.
    package let bytes: Int

    package init(name: QualifiedName, rows: Int, bytes: Int) {
      self.name = name
      self.rows = rows
      self.bytes = bytes
    }
  }

  /// Empties tables.
  ///
  /// TRUNCATE makes new files for each of them and for its TOAST table and index, and new rows in `pg_class`: it took a
  /// sixth of the target's time in a run of 50 changes (docs/inside/reading.md). So few rows are deleted; the files go
  /// when they have grown.
  package static func empty(_ tables: [Filled]) -> [SQL] {
    let isDeleted = { (table: Filled) in table.rows <= mostDeleted && table.bytes <= mostKept }
    return tables.filter(isDeleted).map { delete($0.name) }
      + [truncate(tables.filter { !isDeleted($0) }.map(\.name))].compactMap(\.self)
  }

  package static func delete(_ table: QualifiedName) -> SQL { "DELETE FROM \(table)" }

  /// The same for tables of any size; `nil` for none.
  package static func truncate(_ tables: [QualifiedName]) -> SQL? {
    tables.isEmpty ? nil : "TRUNCATE \(tables.map { "\($0)" as SQL }.joined(separator: ", "))"
  }

  package func copyIn(_ format: RowFormat) -> SQL {
    let names = columns.map { "\($0.name)" as SQL }.joined(separator: ", ")
    return "COPY \(stage) (\(names)) FROM STDIN (\(format.sql))"
  }
}
