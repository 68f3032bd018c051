import PostgresValues

/// What stands in the private schema `pgtide` on the target before a run.
package struct PrivateSchemaFacts: Sendable {
  package let tables: [Identifier: Table]
  package let schemaExists: Bool
  package let metadataExists: Bool
  /// Whom the schema belongs to; empty where there is none.
  package let schemaOwner: String
  package let canCreateSchema: Bool
  package let canUseSchema: Bool
  /// Of the schema `pgtide`.
  package let canCreateTables: Bool
  /// Something on the target may change what the session's user makes there, or let others in.
  package let isGuarded: Bool
  /// `nil`: the schema of the users' status table does not exist.
  package let canCreateMetadata: Bool?

  /// A table of the schema.
  package struct Table: Sendable {
    /// Of its file and of that of its wide values.
    package let bytes: Int
    package let comment: String?
    package let owner: String
    /// The session's user is its owner, or as good as that.
    package let isOwned: Bool
    /// Which of SELECT, INSERT, UPDATE and DELETE the session's user has.
    package let rights: Set<String>
    package var columns: [Identifier] = []
  }

  /// The history tables, as of this version, are there.
  package var hasHistory: Bool {
    PrivateSchemaSQL.history.allSatisfy { tables[$0.name] != nil }
      && Self.history.allSatisfy { outdatedColumns($0).isEmpty }
  }

  private static let history = [
    HistorySQL.runs, HistorySQL.runTables, RejectSQL.rejects, ProtectedSQL.rows, DeleteSQL.deleted,
  ]

  /// In which columns a history table of an earlier version differs; none where there is no such table.
  package func outdatedColumns(_ table: QualifiedName) -> [Identifier] {
    tables[table.name].map { HistorySQL.outdatedColumns(table, among: $0.columns) } ?? []
  }

  /// What makes the schema and the history in one transaction, as its owner's alone, where they are missing or of an
  /// earlier version.
  package var foundation: [SQL] {
    guard !schemaExists || !hasHistory else { return [] }
    let rights = PrivateSchemaSQL.historyRights(isGuarded: isGuarded)
    return [rights.standing] + (schemaExists ? PrivateSchemaSQL.createHistory(rights) : PrivateSchemaSQL.create(rights))
      + HistorySQL.upgrade { !outdatedColumns($0).isEmpty } + [rights.takeTrusting]
  }

  package init(_ answer: QueryResult) {
    schemaExists = answer.rows.first?.bool(0) ?? false
    metadataExists = answer.rows.first?.bool(1) ?? false
    schemaOwner = answer.rows.first?[2] ?? ""
    canCreateSchema = answer.rows.first?.bool(3) ?? false
    canUseSchema = answer.rows.first?.bool(4) ?? false
    canCreateTables = answer.rows.first?.bool(5) ?? false
    canCreateMetadata = answer.rows.first.flatMap { row in row[6].map { $0 == "t" } }
    isGuarded = answer.rows.first?.bool(14) ?? true
    var tables: [Identifier: Table] = [:]
    for row in answer.rows {
      guard let name = row[7] else { continue }
      tables[Identifier(name)] = Table(
        bytes: row.int(8) ?? 0, comment: row[9], owner: row.text(10), isOwned: row.bool(11),
        rights: Set(row.array(12).compactMap(\.self)), columns: row.names(13))
    }
    self.tables = tables
  }

  /// The stage and delta stand there in the shape that this plan needs.
  package func has(_ stage: StageTable) -> Bool {
    tables[stage.stage.name]?.comment == stage.signature && tables[stage.delta.name] != nil
  }

  /// They do, and their files are empty.
  package func isReady(_ stage: StageTable) -> Bool { has(stage) && stage.both.allSatisfy { bytes($0) == 0 } }

  /// Of the files of one of the schema's tables.
  package func bytes(_ table: QualifiedName) -> Int { tables[table.name]?.bytes ?? 0 }
}
