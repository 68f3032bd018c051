import PostgresValues

/// What the target is asked once its catalog is known, and what the answers say.
package struct TargetQuestions {
  private let catalog: Catalog
  private let trials: [SQL]
  private let rights: [SQL]
  private let questions: [SQL]
  private let asksPast: Bool
  private let rebuildsIndexes: Bool

  package init(_ configuration: SyncConfiguration, _ catalog: Catalog) {
    self.catalog = catalog
    trials = Array(ValueTrial.questions(configuration, catalog))
    asksPast = catalog.server.hasPast == true
    rebuildsIndexes = configuration.settings.indexes == .rebuild
    questions =
      [
        CatalogSQL.casts, HouseSQL.facts(metadata: configuration.metadataTable),
        IntegritySQL.facts(configuration.targetRelations), IntegritySQL.tryLeavingTriggersOut,
      ] + (asksPast ? [TablePastSQL.question(configuration)] : [])
      + (rebuildsIndexes ? [SecondaryIndex.question(configuration.targetRelations, withDefinitions: false)] : [])
    let names = configuration.tables.map { configuration.targetName($0.target) }
    rights = HouseRightsSQL(status: configuration.metadataTable, tables: names).questions
  }

  package var statements: [SQL] { questions + trials + rights }

  /// - Parameter answers: to ``statements``, each of which may fail by itself.
  package func facts(_ answers: [Result<QueryResult, PostgresError>], _ pooler: Pooler) throws -> TargetFacts {
    var rules = CastRules(assignmentCasts: [], casts: [])
    for row in try answers[0].get().rows {
      let pair = CastRules.TypePair(from: row.oid(0) ?? 0, to: row.oid(1) ?? 0)
      rules.casts.insert(pair)
      if row.bool(2) { rules.assignmentCasts.insert(pair) }
    }
    let integrity = try answers[2].get().rows.map { (QualifiedName($0.text(0), $0.text(1)), IntegrityFacts($0)) }
    var triggerObstacle: String?
    if case .failure(let error) = answers[3] {
      triggerObstacle = "\(catalog.server.user) may not set session_replication_role (\(error.message))"
    }
    return TargetFacts(
      catalog: catalog, pooler: pooler, casts: rules, house: HouseFacts(try answers[1].get()),
      rights: try HouseRights(answers.suffix(rights.count)),
      trials: Dictionary(uniqueKeysWithValues: zip(trials, answers.dropFirst(questions.count))),
      integrity: Dictionary(integrity, uniquingKeysWith: { first, _ in first }), triggerObstacle: triggerObstacle,
      indexes: rebuildsIndexes ? SecondaryIndex.read(try answers[questions.count - 1].get()) : [:],
      pasts: asksPast ? try TablePastSQL.read(answers[4]) : [:])
  }
}
