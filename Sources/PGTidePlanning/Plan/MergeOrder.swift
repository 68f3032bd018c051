import PostgresValues

/// Puts tables behind the tables that they refer to.
package enum MergeOrder {
  /// `parents`: for each table the tables of the run that it refers to (itself may be among them).
  ///
  /// Returns the strongly connected components of the graph (Tarjan's algorithm), parents first. Tables without
  /// references between them keep the order of `tables`.
  package static func groups(_ tables: [QualifiedName], parents: [QualifiedName: Set<QualifiedName>]) -> [MergeGroup] {
    let places = Dictionary(zip(tables, 0...), uniquingKeysWith: { first, _ in first })
    func ordered(_ names: some Sequence<QualifiedName>) -> [QualifiedName] {
      names.compactMap { name in places[name].map { (name, $0) } }.sorted { $0.1 < $1.1 }.map(\.0)
    }
    var search = Search(parents: parents.mapValues(ordered))
    for table in tables where search.index[table] == nil { search.visit(table) }
    var groupOf: [QualifiedName: Int] = [:]
    for (number, members) in search.components.enumerated() {
      for table in members { groupOf[table] = number }
    }
    return search.components.enumerated().map { number, members in
      let above = members.flatMap { parents[$0] ?? [] }.compactMap { groupOf[$0] }.filter { $0 != number }
      return MergeGroup(tables: ordered(members), parents: Set(above).sorted())
    }
  }

  private struct Search {
    let parents: [QualifiedName: [QualifiedName]]
    var index: [QualifiedName: Int] = [:]
    var low: [QualifiedName: Int] = [:]
    var stack: [QualifiedName] = []
    var components: [[QualifiedName]] = []

    /// Depth first along the references; the depth is at most the number of tables.
    mutating func visit(_ table: QualifiedName) {
      index[table] = index.count
      low[table] = index[table]
      stack.append(table)
      for parent in parents[table] ?? [] {
        if index[parent] == nil {
          visit(parent)
          low[table] = min(low[table]!, low[parent]!)
        } else if stack.contains(parent) {
          low[table] = min(low[table]!, index[parent]!)
        }
      }
      guard low[table] == index[table] else { return }
      let start = stack.firstIndex(of: table)!
      components.append(Array(stack[start...]))
      stack.removeSubrange(start...)
    }
  }
}
