import PostgresValues

extension Planning {
  /// The foreign keys of the run's other tables that refuse updates of a table, and whose columns the run itself fills.
  func followers(of parent: TablePlan, among tables: [TablePlan]) -> [FollowerPlan] {
    var seen: Set<QualifiedName> = [parent.target]
    return followers(of: parent.target, set: Set(parent.setColumns.map(\.name)), among: tables, seen: &seen)
  }

  /// - Parameters:
  ///   - set: columns of the parent that may get another value.
  ///   - seen: tables that are written already. One statement can write a row only once.
  private func followers(
    of parent: QualifiedName, set: Set<Identifier>, among tables: [TablePlan], seen: inout Set<QualifiedName>
  ) -> [FollowerPlan] {
    var found: [FollowerPlan] = []
    for child in tables where !seen.contains(child.target) {
      guard let facts = target.catalog.tables[child.target] else { continue }
      let filled = Set(child.setColumns.map(\.name))
      let keys = facts.foreignKeys.filter { key in
        key.parent == parent && key.updateAction == nil && key.isEnforced && !key.isPeriod && key.partitions == nil
          && !set.isDisjoint(with: key.parentColumns) && filled.isSuperset(of: key.columns)
          && facts.referrers.allSatisfy { Set($0.referenced).isDisjoint(with: key.columns) }
      }
      guard !keys.isEmpty else { continue }
      seen.insert(child.target)
      found += keys.map { key in
        FollowerPlan(
          name: key.name, table: child.target, rows: child.targetRows, origin: child.origin, columns: key.columns,
          referenced: key.parentColumns,
          equality: target.catalog.tables[parent]?.collated(key.equality, key.parentColumns) ?? key.equality,
          followers: followers(of: child.target, set: Set(key.columns), among: tables, seen: &seen))
      }
    }
    return found
  }
}
