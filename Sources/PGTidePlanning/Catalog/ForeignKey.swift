import PostgresValues

/// A foreign key of a target table.
package struct ForeignKey: Sendable {
  package let name: Identifier
  package let columns: [Identifier]
  package let parent: QualifiedName
  package let parentColumns: [Identifier]
  /// The operator that compares the parent's column with ours, for each column, as SQL.
  package let equality: [SQL]
  package let isMatchFull: Bool
  package var isDeferrable: Bool
  /// All rows that stand there satisfy it; not so while it is NOT VALID, or NOT ENFORCED.
  package var isValidated: Bool
  /// The session's user may look for the parent.
  package var canReadParent = true
  package var canUseParentSchema = true
  /// Row-level security would hide parents from the session's user.
  package var hidesParents = false
  /// The parent is an ordinary table, whose children's rows are no parents.
  package var isParentTable = true
  /// The partitions that it stands on by itself; `nil`: it is the table's own.
  package var partitions: Set<String>?
  /// Partitioned tables that the parent is a partition of, and partitions of the parent.
  package var parentKin: [QualifiedName] = []
  /// The server looks at it at all; not so while it is NOT ENFORCED.
  package var isEnforced = true
  /// A parent is there when its ranges together cover ours (PERIOD), whatever the operators for equal ones say.
  package var isPeriod = false
  /// What it does to the table's rows when their parents' keys are updated; `nil`: nothing but to refuse that.
  package var updateAction: UpdateAction?
  /// Names of the same rule on other partitions.
  package var otherNames: [Identifier] = []
  /// Rows of some partitions are not asked for it.
  package var isPartial = false

  package var names: [Identifier] { [name] + otherNames }
}

extension TableFacts {
  /// Makes one of the foreign keys that stand on single partitions and say the same. One that does not hold for all
  /// partitions orders the tables, and the server's triggers look after the rows.
  package mutating func uniteForeignKeys() {
    var united: [ForeignKey] = []
    for key in foreignKeys {
      guard let partitions = key.partitions,
        let place = united.firstIndex(where: { $0.partitions != nil && $0.saysTheSame(as: key) })
      else {
        united.append(key)
        continue
      }
      united[place].partitions?.formUnion(partitions)
      united[place].isValidated = united[place].isValidated && key.isValidated
      united[place].isDeferrable = united[place].isDeferrable && key.isDeferrable
      if !united[place].names.contains(key.name) { united[place].otherNames.append(key.name) }
    }
    for place in united.indices {
      united[place].isPartial = united[place].partitions.map { $0.count < partitionCount } ?? false
    }
    foreignKeys = united
  }
}

extension ForeignKey {
  fileprivate func saysTheSame(as other: ForeignKey) -> Bool {
    columns == other.columns && parent == other.parent && parentColumns == other.parentColumns
      && equality == other.equality && isMatchFull == other.isMatchFull
      && isEnforced == other.isEnforced && isPeriod == other.isPeriod
  }
}
