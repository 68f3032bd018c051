import PostgresValues

extension TablePlanning {
  /// The sequences that are moved, and notices of those that cannot be.
  package mutating func sequencePlans(_ facts: TableFacts, columns: [ColumnPlan]) -> [SequencePlan] {
    guard (table.sequences ?? configuration.sequences) == .move else { return [] }
    return facts.sequences.compactMap { sequence in
      guard let column = columns.first(where: { $0.name == sequence.column }), let fact = facts.column(column.name)
      else { return nil }
      let isNumeric = fact.type.baseOID == BuiltinType.numeric
      guard sequence.isPlain, isNumeric || BuiltinType.integers.contains(fact.type.baseOID) else {
        notices.append(
          "the sequence \(sequence.name) is not moved: column \(column.name) (\(fact.type.label)) does not take its numbers "
            + "as they are")
        return nil
      }
      guard sequence.canUse else {
        let user = target.catalog.server.user
        notices.append(
          "the sequence \(sequence.name) of column \(column.name) is not moved, because \(user) may not use it: GRANT USAGE "
            + "ON SEQUENCE \(sequence.name.quoted) TO \(Identifier(user).quoted), or say `sequences: keep`")
        return nil
      }
      return SequencePlan(sequence: sequence, column: column, isNumeric: isNumeric)
    }
  }
}
