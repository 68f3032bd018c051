@testable import ConnectionStrings
@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer
@testable import Postgres
@testable import PostgresValues

/// Facts as the catalogs of two servers would tell them, and the plans that follow from them: no server is needed.
///
///     var servers = SampleServers()
///     servers.source(.sample("t", [.key("id", .integer), .column("v", .text)]))
///     servers.target(.sample("t", [.key("id", .integer), .column("v", .text)]))
///     let plan = try servers.plan(TableConfiguration(target: TableName(name: "t")))
struct SampleServers {
  var configuration = SyncConfiguration(
    source: EndConfiguration(connection: ""), target: EndConfiguration(connection: ""), tables: [])
  var sourceServer = SampleServers.server()
  var targetServer = SampleServers.server()
  /// What the user's own SQL returns: a column's name and type.
  var described: [DescribeRequest.Subject: [(String, TypeFacts)]] = [:]
  var casts = CastRules.sample
  var privateSchema = SampleServers.privateSchema()
  var indexes: [QualifiedName: [SecondaryIndex]] = [:]
  var integrity: [QualifiedName: IntegrityFacts] = [:]
  var pasts: [String: TablePast] = [:]
  var changes: ChangeFacts?
  var changeTypes = ""
  var triggerObstacle: String?
  private var sourceTables: [QualifiedName: TableFacts] = [:]
  private var targetTables: [QualifiedName: TableFacts] = [:]

  mutating func source(_ tables: TableFacts...) { for table in tables { sourceTables[table.name] = table } }

  /// Nothing stands in the way of a proof of its foreign keys, unless ``integrity`` says so.
  mutating func target(_ tables: TableFacts...) {
    for table in tables {
      targetTables[table.name] = table
      let keys = table.foreignKeys.indices.map { "\(table.oid + 100 + UInt32($0))" }
      integrity[table.name] = IntegrityFacts(foreignKeys: keys)
    }
  }

  static func server(version: Int = 150_000, encoding: String = "UTF8") -> ServerFacts {
    var server = ServerFacts(
      version: version, blockSize: 8192, isStandby: false, user: "pgtide", database: "office", countsTuples: true)
    server.encoding = encoding
    server.digestCheck = "1"
    return server
  }

  /// The schema `pgtide` with nothing in it but these tables of so many bytes.
  static func privateSchema(
    _ tables: [(String, bytes: Int)] = [], schemaExists: Bool = true, canCreate: Bool = true, canUse: Bool = true
  ) -> PrivateSchemaFacts {
    func answer(_ holds: Bool) -> String { holds ? "t" : "f" }
    let schema: [String?] = [
      answer(schemaExists), "f", "pgtide", answer(canCreate), answer(canUse), answer(canUse), "t",
    ]
    let rows = (tables.isEmpty ? [nil] : tables.map(Optional.some)).map { table in
      QueryResult.Row(
        values: schema + [table?.0, table.map { "\($0.bytes)" }, nil, "pgtide", "t"]
          + ["{SELECT,INSERT,UPDATE,DELETE}", "{}", "f"])
    }
    return PrivateSchemaFacts(QueryResult(columns: [], rows: rows, affectedRows: 0, commandTag: ""))
  }

  var sourceFacts: SourceFacts {
    var columns: [DescribeRequest.Subject: Result<[ColumnDescription], PostgresError>] = [:]
    var types: [ColumnDescription: TypeFacts] = [:]
    for (subject, found) in described {
      let descriptions = found.map {
        ColumnDescription(name: $0.0, typeOID: $0.1.oid, typeModifier: $0.1.baseModifier)
      }
      columns[subject] = .success(descriptions)
      for (description, column) in zip(descriptions, found) { types[description] = column.1 }
    }
    var facts = SourceFacts(
      catalog: Catalog(server: sourceServer, tables: sourceTables), pooler: .none, described: columns, types: types)
    facts.changes = changes
    return facts
  }

  var targetFacts: TargetFacts {
    get throws {
      let none = QueryResult(columns: [], rows: [], affectedRows: 0, commandTag: "")
      return TargetFacts(
        catalog: Catalog(server: targetServer, tables: targetTables), pooler: .none, casts: casts,
        privateSchema: privateSchema,
        rights: try PrivateSchemaRights(Array(repeating: .success(none), count: 5)), trials: [:], integrity: integrity,
        triggerObstacle: triggerObstacle, indexes: indexes, pasts: pasts,
        changeTypes: changeTypes)
    }
  }

  /// The plan of a run with these tables.
  ///
  /// Throws: ``PlanRefusal``.
  func plan(_ tables: TableConfiguration...) throws -> SyncPlan {
    var configuration = configuration
    configuration.tables = tables
    let planning = Planning(
      configuration: configuration, source: sourceFacts, target: try targetFacts, checksPrivateSchema: false)
    return try planning.plan(planning.draft())
  }

  /// The planning of one table, to be asked for its plan or its problems.
  func planning(_ table: TableConfiguration) throws -> TablePlanning {
    var configuration = configuration
    configuration.tables = [table]
    return TablePlanning(table, configuration: configuration, source: sourceFacts, target: try targetFacts)
  }
}

extension TableFacts {
  /// - Parameter oid: by which the target's counters are asked.
  static func sample(
    _ name: String, _ columns: [ColumnFacts], key: [String]? = nil, kind: Kind = .table, oid: UInt32 = 16_400,
    pages: Int = 1, rows: Int? = nil, _ change: (inout TableFacts) -> Void = { _ in }
  ) -> TableFacts {
    var table = TableFacts(
      oid: oid, name: QualifiedName("public", name), kind: kind, pages: pages, estimatedRows: rows, canSelect: true,
      columns: columns)
    let key = key.map { $0.map { Identifier($0) } } ?? columns.filter { $0.isNotNull && $0.name == "id" }.map(\.name)
    if !key.isEmpty {
      table.uniqueIndexes = [
        UniqueIndex(
          name: Identifier("\(name)_pkey"), columns: key, equality: key.map { _ in "OPERATOR(pg_catalog.=)" },
          isPrimary: true, isImmediate: true, isPartial: false, isValid: true)
      ]
    }
    table.isOwned = true
    table.columnsToAnalyze = key
    change(&table)
    return table
  }
}

extension ColumnFacts {
  static func key(_ name: String, _ type: TypeFacts, identity: Identity = .none) -> ColumnFacts {
    column(name, type, isNotNull: true, identity: identity)
  }

  static func column(
    _ name: String, _ type: TypeFacts, isNotNull: Bool = false, identity: Identity = .none, isGenerated: Bool = false,
    _ change: (inout ColumnFacts) -> Void = { _ in }
  ) -> ColumnFacts {
    var column = ColumnFacts(
      name: Identifier(name), type: type, isNotNull: isNotNull, hasDefault: false, identity: identity,
      isGenerated: isGenerated,
      collation: BuiltinType.isText(type.baseOID) ? QualifiedName("pg_catalog", "default") : nil)
    change(&column)
    return column
  }

  /// A marker, and two stamps of which the first has its time by default.
  static let marker = column("source", .bpchar(1))
  static let stamps = [
    column("created_at", .timestamptz) { $0.isNowByDefault = true }, column("updated_at", .timestamptz),
  ]
}

extension ForeignKey {
  static func sample(
    _ columns: String..., to parent: String, key: [String] = ["id"], isDeferrable: Bool = false,
    isMatchFull: Bool = false,
    isValidated: Bool = true
  ) -> ForeignKey {
    ForeignKey(
      name: Identifier("\(columns.joined(separator: "_"))_fkey"), columns: columns.map { Identifier($0) },
      parent: QualifiedName("public", parent), parentColumns: key.map { Identifier($0) },
      equality: columns.map { _ in "OPERATOR(pg_catalog.=)" }, isMatchFull: isMatchFull, isDeferrable: isDeferrable,
      isValidated: isValidated)
  }
}

extension TableConfiguration {
  init(_ name: String, _ change: (inout TableConfiguration) -> Void = { _ in }) {
    self.init(target: TableName(name: name))
    change(&self)
  }
}
