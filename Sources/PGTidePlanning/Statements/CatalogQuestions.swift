import PostgresValues

/// What one server's catalogs are asked about tables, whatever their number, and what the answers say.
package struct CatalogQuestions: Sendable {
  private let wanted: CatalogSQL
  /// The indexes, foreign keys and triggers, which matter on the target, instead of sizes and partitions, which matter on
  /// the source: to be told a size one waits for locks.
  private let details: Bool
  private let version: Int
  /// The server's answer to ``CatalogSQL/server``, where it is known.
  private let told: QueryResult?

  /// - Parameter told: what a new session has been told by the server of itself. Where connections are few, they are counted
  ///   again: some may have been on their way out.
  package init(_ tables: [QualifiedName], details: Bool, version: Int, told: QueryResult?) {
    wanted = CatalogSQL(tables: tables)
    self.details = details
    self.version = version
    self.told = told.flatMap { Self.hasPlenty($0) ? $0 : nil }
  }

  private typealias Answers = (
    server: QueryResult, relations: QueryResult, types: QueryResult, columns: QueryResult, written: Written?,
    leaves: QueryResult?, digests: QueryResult?
  )
  private typealias Written = (
    indexes: QueryResult, foreignKeys: QueryResult, writing: QueryResult, triggers: QueryResult, referrers: QueryResult,
    sequences: QueryResult
  )

  /// The catalog; tables that do not exist are missing.
  ///
  /// - Parameter server: of which errors speak.
  package func catalog(of server: String) -> Question<Catalog> {
    let written: Question<Written> = Question.all(
      Question(wanted.uniqueIndexes), Question(wanted.foreignKeys), Question(wanted.writing(version: version)),
      Question(TableTriggers.question(wanted.wanted)), Question(wanted.referrers),
      Question(wanted.sequences)
    ).map { $0 }
    let onTarget: Question<Written?> = .optional(details ? written : nil)
    let onSource: Question<QueryResult?> = .optional(details ? nil : Question(wanted.leaves))
    let digests: Question<QueryResult?> = .optional(
      DigestCheck.isKnown(to: version) ? Question(DigestCheck.question) : nil)
    let answers: Question<Answers> = Question.all(
      told.map { Question.known($0) } ?? Question(CatalogSQL.server), Question(wanted.relations(withPages: !details)),
      Question(wanted.columnTypes), Question(wanted.columns(isWritten: details)), onTarget, onSource, digests
    ).map { $0 }
    return answers.map { [self] in try catalog($0, of: server) }
  }

  private func catalog(_ answers: Answers, of server: String) throws -> Catalog {
    var catalog = Catalog(server: try facts(answers.server, of: server), tables: [:])
    if let digests = answers.digests { catalog.server.digestCheck = digests.rows.first?.text(0) }
    var names: [UInt32: QualifiedName] = [:]
    for row in answers.relations.rows {
      guard let facts = relation(row) else { continue }
      catalog.tables[facts.name] = facts
      names[facts.oid] = facts.name
    }
    func add(_ answer: QueryResult, to change: (inout TableFacts, QueryResult.Row) -> Void) {
      for row in answer.rows {
        guard let name = row.oid(0).flatMap({ names[$0] }) else { continue }
        change(&catalog.tables[name]!, row)
      }
    }
    let types = columnTypes(answers.types)
    for row in answers.columns.rows {
      guard let name = row.oid(0).flatMap({ names[$0] }) else { continue }
      var column = try column(row, of: name, types, from: server)
      if details { column.takeWriting(row) }
      catalog.tables[name]!.columns.append(column)
    }
    if let written = answers.written {
      add(written.indexes) { table, row in
        if row.bool(8) {
          table.expressionIndexes.append(uniqueIndex(row))
        } else {
          table.uniqueIndexes.append(uniqueIndex(row))
        }
      }
      add(written.foreignKeys) { table, row in table.foreignKeys.append(foreignKey(row)) }
      add(written.writing) { table, row in
        table.rules = row.names(1)
        table.publicationsWithoutIdentity = row.names(2)
        table.partitionCount = row.int(3) ?? 1
        table.deleteRules = row.names(4)
        table.canDelete = row.bool(5)
        table.canLock = row.bool(6)
        table.hasReplacingTriggers = row.bool(7)
        table.kin = zip(row.array(8), row.array(9)).map { QualifiedName($0 ?? "", $1 ?? "") }
        table.uniteForeignKeys()
      }
      add(written.triggers) { table, row in
        table.triggers = TableTriggers(names: row.names(1), fingerprint: row.text(2))
      }
      add(written.referrers) { table, row in
        let dependent = dependent(row, of: table)
        table.dependents.append(dependent)
        if let action = UpdateAction(rawValue: row.text(5)), row.bool(10) {
          table.referrers.append(Referrer(dependent, action))
        }
      }
      add(written.sequences) { table, row in
        if let sequence = ColumnSequence(row) { table.sequences.append(sequence) }
      }
    }
    if let leaves = answers.leaves {
      add(leaves) { table, row in table.leaves.append(leaf(row)) }
    }
    return catalog
  }

  /// What the catalogs say of the types of `columns`.
  package static func types(_ columns: [ColumnDescription]) -> Question<[ColumnDescription: TypeFacts]> {
    Question(CatalogSQL.types(columns)) { answer in
      Dictionary(zip(columns, answer.rows.map { type($0, from: 0) }), uniquingKeysWith: { first, _ in first })
    }
  }

  private func facts(_ answer: QueryResult, of server: String) throws -> ServerFacts {
    guard let row = answer.rows.first else {
      throw PostgresError(
        kind: .protocolViolation, connection: server, message: "the server says nothing of itself")
    }
    return ServerFacts(
      version: row.int(0) ?? 0, blockSize: row.int(1) ?? 8192, isStandby: row.bool(2), user: row.text(3),
      database: row.text(4), countsTuples: row.bool(5), isReadOnly: row.bool(6), encoding: row.text(16),
      standbyDelay: row.text(7), hasStandbyFeedback: row.bool(8), identity: row[17], hasPast: row.bool(18),
      locksPerHolder: row.int(19) ?? .max, lockHolders: row.int(20) ?? 1, limits: ConnectionLimit.read(row))
  }

  /// There is room for more connections than a run is likely to want.
  private static func hasPlenty(_ answer: QueryResult) -> Bool {
    answer.rows.first.map(ConnectionLimit.read)?.allSatisfy { $0.most - $0.used >= 32 } ?? false
  }

  private func relation(_ row: QueryResult.Row) -> TableFacts? {
    guard let oid = row.oid(0), let kind = TableFacts.Kind(rawValue: row.text(3)) else { return nil }
    return TableFacts(
      oid: oid, name: QualifiedName(row.text(1), row.text(2)), kind: kind, pages: row.int(4) ?? 0,
      estimatedRows: estimate(row.double(5)), canSelect: row.bool(6), hasTriggers: row.bool(7),
      hasInsertTriggers: row.bool(15),
      hasBeforeTriggers: row.bool(13), hasDeleteTriggers: row.int(19) ?? 0 > 0,
      waitingDeleteTriggers: row.array(20).compactMap(\.self), childCount: row.int(12) ?? 0, isOwned: row.bool(8),
      canUseSchema: row.bool(9),
      hidesRows: row.bool(10),
      isUnlogged: row.bool(11), toastPages: row.int(16) ?? 0, columnsToAnalyze: row.names(14),
      shape: row.array(17).compactMap(\.self), fingerprint: row.text(18))
  }

  private func leaf(_ row: QueryResult.Row) -> TableFacts.Leaf {
    TableFacts.Leaf(
      name: QualifiedName(row.text(1), row.text(2)), pages: row.int(3) ?? 0, estimatedRows: estimate(row.double(4)),
      kind: TableFacts.Kind(rawValue: row.text(5)) ?? .table, canSelect: row.bool(6), isUnlogged: row.bool(7),
      toastPages: row.int(8) ?? 0)
  }

  private struct ColumnType: Hashable {
    let oid: UInt32?
    let modifier: Int?
  }

  private func columnTypes(_ answer: QueryResult) -> [ColumnType: (facts: TypeFacts, isNotNull: Bool)] {
    let types = answer.rows.map { row in
      (ColumnType(oid: row.oid(2), modifier: row.int(0)), (facts: Self.type(row, from: 2), isNotNull: row.bool(1)))
    }
    return Dictionary(types, uniquingKeysWith: { first, _ in first })
  }

  private func column(
    _ row: QueryResult.Row, of table: QualifiedName,
    _ types: [ColumnType: (facts: TypeFacts, isNotNull: Bool)], from server: String
  ) throws -> ColumnFacts {
    // Each statement sees the catalogs of its own moment.
    guard let type = types[ColumnType(oid: row.oid(8), modifier: row.int(9))] else {
      throw PostgresError(
        kind: .protocolViolation, connection: server,
        message: "the columns of \(table) changed while the catalogs were read", hint: "Run again.")
    }
    return ColumnFacts(
      name: Identifier(row.text(1)), type: type.facts,
      isNotNull: row.bool(2) || type.isNotNull, hasDefault: row.bool(3),
      identity: ColumnFacts.Identity(rawValue: row.text(4)) ?? .none, isGenerated: row.bool(5),
      collation: row[6].map { QualifiedName($0, row.text(7)) }, canSelect: row.bool(10))
  }

  private static func type(_ row: QueryResult.Row, from first: Int) -> TypeFacts {
    TypeFacts(
      oid: row.oid(first) ?? 0, sql: row.text(first + 1), bareSQL: row.text(first + 2),
      kind: TypeFacts.Kind(rawValue: row.text(first + 3)) ?? .base, baseOID: row.oid(first + 4) ?? 0,
      baseSQL: row.text(first + 5), baseModifier: row.int(first + 6) ?? -1, exactSQL: row.text(first + 7),
      baseKind: TypeFacts.Kind(rawValue: row.text(first + 8)) ?? .base, hasBinary: row.bool(first + 9),
      element: row.oid(first + 10).map { oid in
        TypeFacts.Element(
          oid: oid, sql: row.text(first + 11), kind: TypeFacts.Kind(rawValue: row.text(first + 12)) ?? .base)
      },
      fields: row.names(first + 13))
  }

  private func uniqueIndex(_ row: QueryResult.Row) -> UniqueIndex {
    UniqueIndex(
      name: Identifier(row.text(1)), columns: row.names(2),
      equality: row.array(3).map { SQL(raw: $0 ?? "OPERATOR(pg_catalog.=)") }, isPrimary: row.bool(4),
      isImmediate: row.bool(5), isPartial: row.bool(6), isValid: row.bool(7), isNullsEqual: row.bool(9),
      hasOtherCollation: row.bool(10), isWithoutOverlaps: row.bool(11))
  }

  private func foreignKey(_ row: QueryResult.Row) -> ForeignKey {
    ForeignKey(
      name: Identifier(row.text(1)), columns: row.names(2),
      parent: QualifiedName(row.text(3), row.text(4)), parentColumns: row.names(5),
      equality: row.array(6).map { SQL(raw: $0 ?? "OPERATOR(pg_catalog.=)") }, isMatchFull: row.bool(7),
      isDeferrable: row.bool(8), isValidated: row.bool(9), canReadParent: row.bool(10),
      canUseParentSchema: row.bool(11), hidesParents: row.bool(12),
      isParentTable: row.text(13) == TableFacts.Kind.table.rawValue,
      partitions: row[14].map { _ in Set(row.array(14).compactMap(\.self)) },
      parentKin: zip(row.array(15), row.array(16)).map { QualifiedName($0 ?? "", $1 ?? "") },
      isEnforced: row.bool(17), isPeriod: row.bool(18), updateAction: UpdateAction(rawValue: row.text(19)))
  }

  private func dependent(_ row: QueryResult.Row, of table: TableFacts) -> Dependent {
    Dependent(
      name: Identifier(row.text(1)), table: QualifiedName(row.text(2), row.text(3)),
      isPartitioned: row.text(4) == TableFacts.Kind.partitioned.rawValue, columns: row.names(6),
      referenced: row.names(7),
      equality: table.collated(row.array(8).map { SQL(raw: $0 ?? "OPERATOR(pg_catalog.=)") }, row.names(7)),
      canRead: row.bool(9), isPeriod: row.bool(11), writesOnDelete: row.bool(12))
  }

  /// `reltuples` is -1 (before version 14: 0) until the table is vacuumed or analyzed.
  private func estimate(_ tuples: Double?) -> Int? {
    tuples.flatMap { $0 > 0 ? Int($0) : nil }
  }
}

extension ColumnFacts {
  /// What matters to whoever writes the column.
  fileprivate mutating func takeWriting(_ row: QueryResult.Row) {
    canInsert = row.bool(11)
    canUpdate = row.bool(12)
    lockedSequences = row.array(13).compactMap(\.self)
    isNowByDefault = row.bool(14)
    isUnlinkedByUpdates = row.bool(15)
    hasUnprovenNotNull = row.bool(16)
  }
}
