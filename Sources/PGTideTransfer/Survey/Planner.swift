import Postgres

/// Connects what the configuration asks for with what the two servers have, and decides everything.
package struct Planner: Sendable {
  private let configuration: SyncConfiguration

  /// The run that is planned will write to pgtide's own tables by itself; otherwise somebody with more rights prepares
  /// them first.
  private let checksPrivateSchema: Bool
  /// What is planned will write to the target's tables.
  private let checksWriting: Bool

  package init(_ configuration: SyncConfiguration, checksPrivateSchema: Bool = true, checksWriting: Bool = true) {
    self.configuration = configuration
    self.checksPrivateSchema = checksPrivateSchema
    self.checksWriting = checksWriting
  }

  /// Reads both catalogs and plans every table of the configuration.
  ///
  /// Throws: ``PlanRefusal`` with everything that stands in the way; ``PostgresError``.
  package func plan(source: Connection, target: Connection) async throws -> SyncPlan {
    let (planning, draft) = try await draft(source: source, target: target)
    return try planning.plan(draft)
  }

  /// The same up to the tables that can be planned, and what is wrong with the others.
  package func draft(source: Connection, target: Connection) async throws -> (planning: Planning, draft: Planning.Draft)
  {
    // The catalogs of older servers cannot even be asked.
    let outdated = try await ServerCheck.versions(source: source.server.version, target: target.server.version)
    guard outdated.isEmpty else { throw PlanRefusal(problems: outdated) }
    async let sourceFacts = waitingForLocks { try await self.sourceFacts(source) }
    async let targetFacts = waitingForLocks { try await self.targetFacts(target) }
    var planning = try await self.planning(sourceFacts, targetFacts)
    planning.sessions = [await check(.source, source, planning), await check(.target, target, planning)]
    planning.oneDatabase = try await OneDatabase.find(planning, source: source, target: target)
    var draft = planning.draft()
    let trial = try await SourceTrial(user: planning.source.catalog.server.user).ask(draft.tables, on: source)
    draft.problems += trial.problems
    for place in draft.tables.indices {
      draft.tables[place].notices += [trial.notices[draft.tables[place].target]].compactMap(\.self)
    }
    return (planning, draft)
  }

  /// Plans again from what the source said when `facts` were read, without asking it anything.
  ///
  /// Throws: ``PlanRefusal``; ``PostgresError``.
  package func plan(_ facts: SourceFacts, target: Connection) async throws -> SyncPlan {
    var planning = try await self.planning(facts, waitingForLocks { try await targetFacts(target) })
    planning.sessions = [await check(.target, target, planning)]
    return try planning.plan(planning.draft())
  }

  private func planning(_ source: SourceFacts, _ target: TargetFacts) -> Planning {
    Planning(
      configuration: configuration.choosingSources(in: source.catalog).configuration, source: source, target: target,
      checksPrivateSchema: checksPrivateSchema, checksWriting: checksWriting)
  }

  /// Asks again where somebody's lock is in the way of a question.
  private func waitingForLocks<R: Sendable>(_ ask: () async throws -> R) async throws -> R {
    try await RetryPolicy(retries: configuration.settings.retries).run(
      isPassing: { ($0 as? PostgresError)?.sqlState == SQLState.lockNotAvailable }, beforeRetry: { _, _ in },
      { try await ask() })
  }

  private func check(_ end: EndName, _ connection: Connection, _ planning: Planning) async -> SessionCheck {
    SessionCheck(
      end: end, session: await connection.session,
      wishes: (end == .source ? configuration.source : configuration.target).session,
      server: (end == .source ? planning.source.catalog : planning.target.catalog).server)
  }

  private func sourceFacts(_ connection: Connection) async throws -> SourceFacts {
    let pooler = await Pooler(before: connection)
    let reader = CatalogReader(connection: connection)
    var catalog = try await reader.read(self.configuration.sourceRelations, details: false)
    catalog.server.limits += await ConnectionLimit.pooler(before: connection)
    let (configuration, passedOver) = self.configuration.choosingSources(in: catalog)
    // What is passed over is not to be judged.
    let read = Set(configuration.tables.compactMap(configuration.sourceName) + configuration.sourceLookups)
    catalog.tables = catalog.tables.filter { read.contains($0.key) }
    let described = try await DescribedSQL.ask(
      configuration, on: connection, retry: RetryPolicy(retries: configuration.settings.retries))
    let types = try await reader.types(described.columns)
    let missing =
      configuration.tables.map(configuration.sourceCandidates)
      .filter { candidates in !candidates.contains { catalog.tables[$0] != nil } }.flatMap(\.self)
      + configuration.sourceLookups.filter { catalog.tables[$0] == nil }
    var facts = SourceFacts(
      catalog: catalog, pooler: pooler, described: described.answers, types: types, held: described.held,
      passedOver: passedOver,
      alternatives: try await reader.alternatives(to: missing))
    let reads = configuration.changeReadings
    if !reads.isEmpty {
      facts.changes = try await connection.attempt(
        ChangeSQL.facts(reads, settings: settingsOfCode(configuration, catalog)))
    }
    return facts
  }

  /// The settings that the configuration sets on the source; `nil` where only tables are read that compute nothing.
  private func settingsOfCode(_ configuration: SyncConfiguration, _ catalog: Catalog) -> [String]? {
    let hasCode = configuration.tables.contains { table in
      guard table.changedBy != nil else { return false }
      guard table.sourceSQL.isEmpty, let facts = configuration.sourceName(table).flatMap({ catalog.tables[$0] }) else {
        return true
      }
      return facts.kind == .view || facts.columns.contains(where: \.isGenerated)
    }
    return hasCode ? configuration.source.session.map(\.name) : nil
  }

  package func targetFacts(_ connection: Connection) async throws -> TargetFacts {
    let pooler = await Pooler(before: connection)
    let reader = CatalogReader(connection: connection)
    var catalog = try await reader.read(configuration.targetRelations, details: true)
    catalog.server.limits += await ConnectionLimit.pooler(before: connection)
    let questions = TargetQuestions(configuration, catalog)
    var facts = try await connection.attempt(questions.facts(pooler))
    if let metadata = configuration.metadataTable, facts.privateSchema.metadataExists,
      facts.catalog.tables[metadata] == nil
    {
      // The first run of another flow may have made it between the two questions.
      let found = try await reader.read([metadata], details: true).tables
      facts.catalog.tables.merge(found) { _, new in new }
    }
    let missing = (configuration.tables.map { configuration.targetName($0.target) } + configuration.targetLookups)
      .filter { facts.catalog.tables[$0] == nil }
    facts.alternatives = try await reader.alternatives(to: missing)
    return facts
  }
}
