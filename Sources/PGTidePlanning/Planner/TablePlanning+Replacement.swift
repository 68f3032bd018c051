import PostgresValues

extension TablePlanning {
  /// `nil` where deleting and inserting a row again would do, or show, something else than an update, or is not allowed.
  func replacementPlan(_ facts: TableFacts, key: KeyPlan, set: [ColumnPlan]) -> ReplacementPlan? {
    let columns = facts.columns.filter { !$0.isGenerated }
    let dependents = facts.dependents.filter(\.writesOnDelete)
    let changing = Set(set.filter(\.isSet).map(\.name))
    guard facts.canDelete, facts.canSelect, !facts.hidesRows, !facts.hasReplacingTriggers,
      facts.rules.isEmpty, facts.deleteRules.isEmpty, columns.allSatisfy(\.canInsert),
      dependents.allSatisfy({ $0.canRead && !$0.isPeriod }),
      // What refers to a value that moves would stay behind, at the row that gets it.
      facts.dependents.allSatisfy({ $0.isLogical || changing.isDisjoint(with: $0.referenced) }),
      // Such a row is known by its place, which it would lose.
      key.pairing?.isKeyless != true
    else { return nil }
    return ReplacementPlan(
      columns: columns.map(\.name), overridesIdentity: columns.contains { $0.identity == .always },
      dependents: dependents)
  }
}
