import PostgresValues

extension Planning {
  /// The foreign keys of the run's other tables that refuse updates of a table, and whose columns the run itself fills.
  func followers(of parent: TablePlan, among tables: [TablePlan]) -> [FollowerPlan] {
    let set = Set(parent.setColumns.map(\.name))
    return tables.filter { $0.target != parent.target }.flatMap { child -> [FollowerPlan] in
      guard let facts = target.catalog.tables[child.target] else { return [] }
      let filled = Set(child.setColumns.map(\.name))
      return facts.foreignKeys.filter { key in
        key.parent == parent.target && key.updateAction == nil && key.isEnforced && !key.isPeriod
          && key.partitions == nil
          && !set.isDisjoint(with: key.parentColumns) && filled.isSuperset(of: key.columns)
          && facts.referrers.allSatisfy { Set($0.referenced).isDisjoint(with: key.columns) }
      }.map { key in
        let nullable = key.isMatchFull ? nil : key.columns.first { facts.column($0)?.isNotNull == false }
        return FollowerPlan(
          name: key.name, table: child.target, rows: child.targetRows, origin: child.origin, columns: key.columns,
          referenced: key.parentColumns, equality: key.equality, nullable: nullable, isDeferrable: key.isDeferrable)
      }
    }
  }
}
