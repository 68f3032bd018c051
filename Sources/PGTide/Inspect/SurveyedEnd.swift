import Postgres

/// What one end says of the tables of a configuration.
struct SurveyedEnd: Sendable {
  let end: EndName
  private(set) var server: ServerFacts?
  /// By the names that the configuration writes.
  private(set) var tables: [TableName: SurveyedTable] = [:]
  /// Why it could not be read.
  private(set) var error: String?

  private init(_ end: EndName) { self.end = end }

  static func survey(
    _ end: EndName, _ connection: Result<Connection, any Error>, _ configuration: SyncConfiguration, countsRows: Bool
  ) async -> SurveyedEnd {
    var survey = SurveyedEnd(end)
    do {
      try await survey.read(connection.get(), configuration, countsRows: countsRows)
    } catch let error as PostgresError {
      survey.error = error.kind == .cannotConnect ? "no connection: \(error.message)" : error.message
    } catch let error as PlanRefusal {
      survey.error = error.problems.map { "\($0)" }.joined(separator: "\n")
    } catch {
      survey.error = error.plain
    }
    return survey
  }

  private mutating func read(
    _ connection: Connection, _ configuration: SyncConfiguration, countsRows: Bool
  ) async throws {
    let reader = CatalogReader(connection: connection)
    let relations =
      end == .source ? configuration.sourceRelations : configuration.tables.map { configuration.targetName($0.target) }
    let catalog = try await reader.read(relations, details: true)
    let details = try await reader.details(of: relations)
    server = catalog.server
    let chosen = end == .source ? configuration.choosingSources(in: catalog).configuration : configuration
    for table in chosen.tables {
      let name = end == .source ? chosen.sourceName(table) : chosen.targetName(table.target)
      guard let name, let facts = catalog.tables[name] else { continue }
      // On the source nobody but its own applications writes them.
      let stamps = end == .target ? table.stamps ?? configuration.stamps : StampRule()
      tables[table.target] = SurveyedTable(
        facts, details[facts.oid] ?? TableDetails(), stamps: StampColumn.all(of: facts.columns, configured: stamps))
    }
    if end == .source { try await readQueries(chosen, reader) }
    if countsRows { try await count(chosen, on: connection) }
  }

  /// The columns of queries, as far as the source takes them.
  private mutating func readQueries(_ configuration: SyncConfiguration, _ reader: CatalogReader) async throws {
    var asked = configuration
    asked.tables = configuration.tables.filter { configuration.sourceName($0) == nil }
    guard !asked.tables.isEmpty else { return }
    let described = try await DescribedSQL.ask(asked, on: reader.connection, retry: RetryPolicy(retries: 0))
    let types = try await reader.types(described.columns)
    for table in asked.tables {
      guard case .success(let columns) = described.answers[.query(table.target)] else { continue }
      let facts = columns.compactMap { column in
        types[column].map { ColumnFacts(returned: Identifier(column.name), type: $0) }
      }
      tables[table.target] = SurveyedTable(query: facts, stamps: StampColumn.all(of: facts))
    }
  }

  /// Reads the tables. What cannot be counted says nothing of the others.
  private mutating func count(_ configuration: SyncConfiguration, on connection: Connection) async throws {
    let counted = configuration.tables.filter { tables[$0.target] != nil }
    let answers = try await connection.attempt(
      counted.map { table in
        let found = tables[table.target]
        return InspectSQL.count(
          found?.facts.map(\.rows) ?? configuration.sourceFrom(table), nullsIn: found?.stamps.map(\.name) ?? [])
      })
    for (table, answer) in zip(counted, answers) { tables[table.target]?.take(answer) }
  }
}

extension TableFacts {
  /// Its own rows, as FROM takes them.
  fileprivate var rows: SQL { kind == .table ? "ONLY \(name)" : "\(name)" }
}
