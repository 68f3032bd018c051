import Postgres

/// Connects what the configuration asks for with what the two servers have, and decides everything.
public struct Planner: Sendable {
  private let configuration: SyncConfiguration

  public init(_ configuration: SyncConfiguration) { self.configuration = configuration }

  /// Reads both catalogs and plans every table of the configuration.
  ///
  /// Throws: ``PlanRefusal`` with everything that stands in the way; ``PostgresError``.
  func plan(source: Connection, target: Connection) async throws -> SyncPlan {
    async let sourceFacts = sourceFacts(source)
    async let targetFacts = targetFacts(target)
    let planning = try await Planning(configuration: configuration, source: sourceFacts, target: targetFacts)
    return try planning.plan()
  }

  private func sourceFacts(_ connection: Connection) async throws -> SourceFacts {
    let reader = CatalogReader(connection: connection)
    let catalog = try await reader.read(configuration.sourceRelations, details: false)
    let requests = configuration.tables.flatMap { DescribeRequest.requests(for: $0, in: configuration) }
    let answers = try await connection.describe(requests.map(\.statement))
    var described: [DescribeRequest.Subject: Result<[ColumnDescription], PostgresError>] = [:]
    for (request, answer) in zip(requests, answers) { described[request.subject] = answer }
    let columns = answers.flatMap { (try? $0.get()) ?? [] }
    let types = try await reader.types(columns)
    return SourceFacts(catalog: catalog, described: described, types: types)
  }

  private func targetFacts(_ connection: Connection) async throws -> TargetFacts {
    let reader = CatalogReader(connection: connection)
    let catalog = try await reader.read(configuration.targetRelations, details: true)
    let metadata = configuration.metadataTable
    let answers = try await connection.batch([CatalogSQL.casts, HouseSQL.facts(metadata: metadata)])
    var rules = CastRules(assignmentCasts: [], casts: [])
    for row in answers[0].rows {
      let pair = CastRules.TypePair(from: row.oid(0) ?? 0, to: row.oid(1) ?? 0)
      rules.casts.insert(pair)
      if row.bool(2) { rules.assignmentCasts.insert(pair) }
    }
    return TargetFacts(catalog: catalog, casts: rules, house: HouseFacts(answers[1]))
  }
}

/// What the planner knows of the source.
struct SourceFacts: Sendable {
  let catalog: Catalog
  /// What the user's own SQL returns, or why the server does not take it.
  let described: [DescribeRequest.Subject: Result<[ColumnDescription], PostgresError>]
  let types: [ColumnDescription: TypeFacts]
}

/// What the planner knows of the target.
struct TargetFacts: Sendable {
  let catalog: Catalog
  let casts: CastRules
  let house: HouseFacts
}

/// A question to the source: what does a piece of the user's own SQL return?
struct DescribeRequest: Sendable {
  let subject: Subject
  let statement: SQL

  enum Subject: Hashable, Sendable {
    /// The columns of a table's `query`.
    case query(TableName)
    /// The row filter, which returns nothing but must be valid.
    case filter(TableName)
    /// The expression for a target column.
    case expression(TableName, column: String)
    /// The expression that orders duplicates.
    case duplicateOrder(TableName)
  }

  static func requests(for table: TableConfiguration, in configuration: SyncConfiguration) -> [DescribeRequest] {
    let from = configuration.sourceFrom(table)
    var requests: [DescribeRequest] = []
    if case .query = table.source {
      requests.append(DescribeRequest(subject: .query(table.target), statement: "SELECT src.* FROM \(from)"))
    }
    if let filter = table.filter {
      requests.append(
        DescribeRequest(subject: .filter(table.target), statement: "SELECT FROM \(from) WHERE (\(raw: filter))"))
    }
    for mapping in table.columns {
      if case .expression(let expression) = mapping.value {
        requests.append(
          DescribeRequest(
            subject: .expression(table.target, column: mapping.column),
            statement: "SELECT (\(raw: expression)) FROM \(from)"))
      }
    }
    if let order = table.duplicates.order {
      requests.append(
        DescribeRequest(subject: .duplicateOrder(table.target), statement: "SELECT (\(raw: order)) FROM \(from)"))
    }
    return requests
  }
}

extension DuplicateRule {
  /// The user's expression, where there is one.
  var order: String? {
    switch self {
    case .rejectAll: nil
    case .first(let expression), .last(let expression): expression
    }
  }
}

extension SyncConfiguration {
  func targetName(_ name: TableName) -> QualifiedName { QualifiedName(name.schema ?? target.schema, name.name) }

  /// The source's relation; `nil` where it is a query.
  func sourceName(_ table: TableConfiguration) -> QualifiedName? {
    switch table.source {
    // A target schema does not say where the table stands on the source.
    case .sameName: QualifiedName(source.schema, table.target.name)
    case .relation(let name): QualifiedName(name.schema ?? source.schema, name.name)
    case .query: nil
    }
  }

  func sourceFrom(_ table: TableConfiguration) -> SQL {
    if case .query(let query) = table.source { return "(\(raw: query)) AS src" }
    return sourceName(table).map { "\($0) AS src" } ?? ""
  }

  var sourceRelations: [QualifiedName] { tables.compactMap(sourceName) }

  /// The tables, and the parents of references that only the configuration knows.
  var targetRelations: [QualifiedName] {
    Set(tables.map { targetName($0.target) } + tables.flatMap(\.references).map { targetName($0.parent) }).sorted()
  }

  var metadataTable: QualifiedName? {
    metadata.enabled ? QualifiedName(metadata.schema ?? target.schema, metadata.table) : nil
  }
}
