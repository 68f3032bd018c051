import PostgresValues

extension TablePlanning {
  /// Whether the foreign keys of inserted rows can be proved in sets, or why not.
  package func integrityPlan(_ facts: TableFacts, _ references: [ReferencePlan]) -> IntegrityPlan {
    let integrity = target.integrity[name] ?? IntegrityFacts(obstacles: ["the catalogs say nothing of it"])
    return IntegrityPlan(
      reasonForTriggers: reasonForTriggers(facts, references.filter(\.isForeignKey), integrity), facts: integrity)
  }

  private func reasonForTriggers(
    _ facts: TableFacts, _ keys: [ReferencePlan], _ integrity: IntegrityFacts
  ) -> String? {
    if configuration.settings.integrity == .triggers { return "as configured" }
    if integrity.foreignKeys.isEmpty { return "it has no foreign keys" }
    if let obstacle = integrity.obstacles.first { return obstacle }
    if let key = keys.first(where: { !$0.isChecked }) { return "the foreign key \(key.name) is not looked for" }
    if keys.count != facts.foreignKeys.count { return "a foreign key uses a column that keeps its default" }
    return target.triggerObstacle
  }
}
