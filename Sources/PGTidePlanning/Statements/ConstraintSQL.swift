import PostgresValues

extension [TablePlan] {
  /// The foreign keys inside a group can be asked only when all of its tables are written.
  package var waitingForEachOther: [SQL] {
    guard count > 1 else { return [] }
    let names = Set(map(\.target))
    let keys = flatMap { table in
      table.references.filter { $0.isForeignKey && $0.isDeferrable && names.contains(where: $0.refers) }
        .flatMap(\.names).map { QualifiedName(table.target.schema, $0) }
    }
    guard !keys.isEmpty else { return [] }
    return ["SET CONSTRAINTS \(keys.map { "\($0)" as SQL }.joined(separator: ", ")) DEFERRED"]
  }
}
