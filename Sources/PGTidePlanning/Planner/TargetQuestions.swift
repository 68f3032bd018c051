import PostgresValues

/// What the target is asked once its catalog is known, and what the answers say.
package struct TargetQuestions {
  private let configuration: SyncConfiguration
  private let catalog: Catalog

  package init(_ configuration: SyncConfiguration, _ catalog: Catalog) {
    self.configuration = configuration
    self.catalog = catalog
  }

  /// Each of its statements may fail by itself.
  package func facts(_ pooler: Pooler) -> Question<TargetFacts> {
    let relations = configuration.targetRelations
    let trials = Array(ValueTrial.questions(configuration, catalog))
    let asksPast = catalog.server.hasPast == true
    let rebuildsIndexes = configuration.settings.indexes == .rebuild
    let names = configuration.tables.map { configuration.targetName($0.target) }
    let changing = configuration.tables.filter { $0.changedBy != nil }.map { configuration.targetName($0.target) }
    let rights = PrivateSchemaRightsSQL(status: configuration.metadataTable, tables: names).questions
    return Question.all(
      CastRules.question, PrivateSchemaSQL.facts(metadata: configuration.metadataTable),
      IntegritySQL.known(relations), .outcome(of: IntegritySQL.tryLeavingTriggersOut),
      .optional(asksPast ? Question.outcome(of: TablePastSQL.question(configuration)).map(TablePastSQL.read) : nil),
      .optional(
        rebuildsIndexes
          ? Question(SecondaryIndex.question(relations, withDefinitions: false), SecondaryIndex.read) : nil),
      .each(trials.map { .outcome(of: $0) }),
      Question.each(rights.map { .outcome(of: $0) }).map(PrivateSchemaRights.init),
      .optional(changing.isEmpty ? nil : .all(ChangeSQL.files(changing), ChangeSQL.types))
    ).map { [catalog] casts, privateSchema, integrity, leaving, pasts, indexes, tried, rights, changing in
      var triggerObstacle: String?
      if case .failure(let error) = leaving {
        triggerObstacle = "\(catalog.server.user) may not set session_replication_role (\(error.message))"
      }
      return TargetFacts(
        catalog: catalog, pooler: pooler, casts: casts, privateSchema: privateSchema, rights: rights,
        trials: Dictionary(uniqueKeysWithValues: zip(trials, tried)), integrity: integrity,
        triggerObstacle: triggerObstacle, indexes: indexes ?? [:], pasts: pasts ?? [:], files: changing?.0 ?? [:],
        changeTypes: changing?.1 ?? "")
    }
  }
}

extension CastRules {
  fileprivate static var question: Question<CastRules> {
    Question(CatalogSQL.casts) { answer in
      var rules = CastRules(assignmentCasts: [], casts: [])
      for row in answer.rows {
        let pair = CastRules.TypePair(from: row.oid(0) ?? 0, to: row.oid(1) ?? 0)
        rules.casts.insert(pair)
        if row.bool(2) { rules.assignmentCasts.insert(pair) }
      }
      return rules
    }
  }
}
