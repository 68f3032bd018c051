import PostgresValues

extension TablePlanning {
  private var user: String { target.catalog.server.user }

  /// The rights on the target's table that the comparison and the merge need, all that are missing in one statement.
  ///
  /// Reading needs the whole table: the merge looks at the row's version, which a right on single columns leaves out.
  package mutating func checkRights(
    _ facts: TableFacts, columns: [ColumnPlan], owned: Set<Identifier>, updatedStamp: Identifier?
  ) {
    let inserted = columns.map(\.name) + owned
    let isSet = columns.filter(\.isSet).map(\.name)
    let updated = isSet.isEmpty ? [] : isSet + [updatedStamp].compactMap(\.self)
    let missing = [
      facts.canSelect ? nil : "SELECT",
      checksWriting ? Self.missing("INSERT", on: inserted, in: facts, \.canInsert) : nil,
      checksWriting ? Self.missing("UPDATE", on: updated, in: facts, \.canUpdate) : nil,
    ].compactMap(\.self)
    if !missing.isEmpty {
      let rights = missing.joined(separator: ", ")
      refuse(
        "\(user) lacks rights on \(name) on the target: \(rights)",
        "GRANT \(rights) ON \(name.quoted) TO \(Identifier(user).quoted)")
    }
    for column in facts.columns where checksWriting && !inserted.contains(column.name) {
      for sequence in column.lockedSequences {
        refuse(
          "\(user) may not use the sequence \(sequence) on the target, which gives column \(column.name) its default",
          "GRANT USAGE ON SEQUENCE \(sequence) TO \(Identifier(user).quoted)")
      }
    }
  }

  /// The right as GRANT takes it, with the columns where some of them have it; `nil` when nothing is missing.
  private static func missing(
    _ right: String, on names: [Identifier], in facts: TableFacts, _ isGranted: KeyPath<ColumnFacts, Bool>
  ) -> String? {
    let columns = facts.columns.filter { names.contains($0.name) }
    let lacking = columns.filter { !$0[keyPath: isGranted] }
    guard !lacking.isEmpty else { return nil }
    if lacking.count == columns.count { return right }
    return "\(right) (\(lacking.map(\.name.quoted).joined(separator: ", ")))"
  }

  /// Columns that would be copied, had the source's user the right to read them.
  package mutating func checkReadable() {
    guard !unreadable.isEmpty, let relation = configuration.sourceName(table) else { return }
    let reader = source.catalog.server.user
    refuse(
      "\(reader) may not read its columns \(unreadable.map(\.name).joined(separator: ", ")) on the source",
      "GRANT SELECT (\(unreadable.map(\.quoted).joined(separator: ", "))) ON \(relation.quoted) TO "
        + "\(Identifier(reader).quoted), or name them under `skip`")
  }

  /// Whether the parents of a foreign key can be looked for.
  package mutating func checkParent(_ key: ForeignKey) {
    // A table of the run says by itself what is wrong with it; one that is not looked at needs no rights.
    guard !isSynced(key.parent), reasonUnchecked(key) == nil || key.isPartial else { return }
    checkParent(
      key.parent, reference: "foreign key \(key.name)", canUseSchema: key.canUseParentSchema,
      canRead: key.canReadParent, hidesRows: key.hidesParents)
  }

  /// The same for a reference that only the configuration knows.
  package mutating func checkParent(_ facts: TableFacts, _ reference: Identifier) {
    guard !isSynced(facts.name) else { return }
    checkParent(
      facts.name, reference: "reference \(reference)", canUseSchema: true, canRead: facts.canSelect,
      hidesRows: facts.hidesRows)
  }

  private func isSynced(_ name: QualifiedName) -> Bool {
    configuration.tables.contains { configuration.targetName($0.target) == name }
  }

  private mutating func checkParent(
    _ parent: QualifiedName, reference: String, canUseSchema: Bool, canRead: Bool, hidesRows: Bool
  ) {
    if !canUseSchema {
      refuse(
        "\(user) may not use the schema \(parent.schema) on the target, where its \(reference) looks for parents",
        "GRANT USAGE ON SCHEMA \(parent.schema.quoted) TO \(Identifier(user).quoted)")
    }
    if !canRead {
      refuse(
        "\(user) may not read \(parent) on the target, where its \(reference) looks for parents",
        "GRANT SELECT ON \(parent.quoted) TO \(Identifier(user).quoted)")
    }
    if hidesRows {
      refuse(
        "row-level security on the target would hide rows of \(parent) from \(user), where its \(reference) looks for "
          + "parents", Self.aboveRowSecurity)
    }
  }
}
