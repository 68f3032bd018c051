import Postgres

/// Reads the catalogs of one server: one batch of statements, whatever the number of tables.
struct CatalogReader: Sendable {
  let connection: Connection

  /// Reads what the server says of `tables`; those that do not exist are missing from the answer.
  ///
  /// `details`: the indexes, foreign keys and triggers, which matter on the target, instead of sizes and partitions,
  /// which matter on the source: to be told a size one waits for locks.
  func read(_ tables: [QualifiedName], details: Bool) async throws -> Catalog {
    let wanted = CatalogSQL(tables: tables)
    let version = try await connection.server.version
    let hasDigests = DigestCheck.isKnown(to: version)
    // A new session has asked it already. Where connections are few, they are counted again: some may have been on their way
    // out.
    let told = await connection.takeAnswer().flatMap { Self.hasPlenty($0) ? $0 : nil }
    var statements = [
      wanted.relations(withPages: !details), wanted.columnTypes, wanted.columns(isWritten: details),
    ]
    statements +=
      details
      ? [
        wanted.uniqueIndexes, wanted.foreignKeys, wanted.writing(version: version),
        TableTriggers.question(wanted.wanted), wanted.referrers,
      ]
      : [wanted.leaves]
    if told == nil { statements.insert(CatalogSQL.server, at: 0) }
    if hasDigests { statements.append(DigestCheck.question) }
    let answers = try await [told].compactMap(\.self) + read(statements)
    var catalog = Catalog(server: try server(answers[0]), tables: [:])
    if hasDigests { catalog.server.digestCheck = answers.last?.rows.first?.text(0) }
    var names: [UInt32: QualifiedName] = [:]
    for row in answers[1].rows {
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
    let types = columnTypes(answers[2])
    for row in answers[3].rows {
      guard let name = row.oid(0).flatMap({ names[$0] }) else { continue }
      var column = try column(row, of: name, types)
      if details { column.takeWriting(row) }
      catalog.tables[name]!.columns.append(column)
    }
    if details {
      add(answers[4]) { table, row in
        if row.bool(8) {
          table.expressionIndexes.append(uniqueIndex(row))
        } else {
          table.uniqueIndexes.append(uniqueIndex(row))
        }
      }
      add(answers[5]) { table, row in table.foreignKeys.append(foreignKey(row)) }
      add(answers[6]) { table, row in
        table.rules = row.names(1)
        table.publicationsWithoutIdentity = row.names(2)
        table.partitionCount = row.int(3) ?? 1
        table.uniteForeignKeys()
      }
      add(answers[7]) { table, row in
        table.triggers = TableTriggers(names: row.names(1), fingerprint: row.text(2))
      }
      add(answers[8]) { table, row in
        if let referrer = referrer(row) { table.referrers.append(referrer) }
      }
    } else {
      add(answers[4]) { table, row in table.leaves.append(leaf(row)) }
    }
    return catalog
  }

  /// What stands in the schemas of these names, or elsewhere under the same name: one of it may be meant.
  func alternatives(to missing: [QualifiedName]) async throws -> [QualifiedName] {
    guard !missing.isEmpty else { return [] }
    return try await connection.query(CatalogSQL.alternatives(to: missing)).rows.map {
      QualifiedName($0.text(0), $0.text(1))
    }
  }

  /// What the catalogs say of types that a described statement returns.
  func types(_ columns: [ColumnDescription]) async throws -> [ColumnDescription: TypeFacts] {
    guard !columns.isEmpty else { return [:] }
    let answer = try await read([CatalogSQL.types(columns)])[0]
    return Dictionary(
      zip(columns, answer.rows.map { type($0, from: 0) }), uniquingKeysWith: { first, _ in first })
  }

  /// The server names types and functions by the session's path: with their schema, and the same on both ends, only where
  /// the path is empty. It is up to the end of the transaction, which these statements are by themselves.
  private func read(_ statements: [SQL]) async throws -> [QueryResult] {
    Array(try await connection.batch([SessionPins.names.statement] + statements).dropFirst())
  }

  private func server(_ answer: QueryResult) throws -> ServerFacts {
    guard let row = answer.rows.first else {
      throw PostgresError(
        kind: .protocolViolation, connection: connection.label, message: "the server says nothing of itself")
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
      hasBeforeTriggers: row.bool(13), childCount: row.int(12) ?? 0, isOwned: row.bool(8), canUseSchema: row.bool(9),
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
      (ColumnType(oid: row.oid(2), modifier: row.int(0)), (facts: type(row, from: 2), isNotNull: row.bool(1)))
    }
    return Dictionary(types, uniquingKeysWith: { first, _ in first })
  }

  private func column(
    _ row: QueryResult.Row, of table: QualifiedName,
    _ types: [ColumnType: (facts: TypeFacts, isNotNull: Bool)]
  ) throws -> ColumnFacts {
    // Each statement sees the catalogs of its own moment.
    guard let type = types[ColumnType(oid: row.oid(8), modifier: row.int(9))] else {
      throw PostgresError(
        kind: .protocolViolation, connection: connection.label,
        message: "the columns of \(table) changed while the catalogs were read", hint: "Run again.")
    }
    return ColumnFacts(
      name: Identifier(row.text(1)), type: type.facts,
      isNotNull: row.bool(2) || type.isNotNull, hasDefault: row.bool(3),
      identity: ColumnFacts.Identity(rawValue: row.text(4)) ?? .none, isGenerated: row.bool(5),
      collation: row[6].map { QualifiedName($0, row.text(7)) }, canSelect: row.bool(10))
  }

  private func type(_ row: QueryResult.Row, from first: Int) -> TypeFacts {
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

  private func referrer(_ row: QueryResult.Row) -> Referrer? {
    guard let action = UpdateAction(rawValue: row.text(5)) else { return nil }
    return Referrer(
      name: Identifier(row.text(1)), table: QualifiedName(row.text(2), row.text(3)),
      isPartitioned: row.text(4) == TableFacts.Kind.partitioned.rawValue, action: action, columns: row.names(6),
      referenced: row.names(7), equality: row.array(8).map { SQL(raw: $0 ?? "OPERATOR(pg_catalog.=)") },
      canRead: row.bool(9))
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
