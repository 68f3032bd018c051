import PostgresValues

extension TablePlanning {
  package var deleteRule: DeleteRule { table.deletes ?? configuration.deletes }

  /// How rows go that the source no longer has; `nil` where they stay.
  package mutating func deletePlan(_ facts: TableFacts, _ source: SourcePlan) -> DeletePlan? {
    guard deleteRule == .remove else {
      noteUnusedDeleteRules()
      return nil
    }
    let logical = logicalDependents
    let dependents = facts.dependents + logical
    checkDeletes(facts, source, dependents)
    return DeletePlan(
      scope: table.scope.map { SQL(users: $0) }, most: table.maxDelete ?? configuration.maxDelete,
      mostLost: table.maxDrop ?? configuration.maxDrop,
      expectation: expectation, allowed: table.allowedDeletes, dependents: dependents,
      owners: dependents.map { owner(of: $0.table) },
      hasLogicalDependents: !logical.isEmpty, hasTriggers: facts.hasDeleteTriggers,
      waitingTriggers: facts.waitingDeleteTriggers,
      columns: facts.columns.filter { !$0.isGenerated }.map(\.name))
  }

  /// Whether there is what is expected: a row; if the query says one thing, that this is true, no zero, or no NULL in each row.
  private var expectation: SQL? {
    guard let query = configuration.expectation(of: table),
      case .success(let columns) = source.described[
        .expectation(table.target)]
    else { return nil }
    guard columns.count == 1 else { return "SELECT EXISTS (SELECT FROM (\(query)) AS expected)" }
    let value: SQL = "expected.\(Identifier(columns[0].name))"
    let type = source.types[columns[0]]?.baseOID ?? columns[0].typeOID
    let isThere: SQL =
      switch type {
      case BuiltinType.bool: value
      case BuiltinType.int2, BuiltinType.int4, BuiltinType.int8, BuiltinType.numeric, BuiltinType.money:
        "\(value)::numeric OPERATOR(pg_catalog.<>) 0"
      case BuiltinType.float4, BuiltinType.float8: "\(value)::pg_catalog.float8 OPERATOR(pg_catalog.<>) 0"
      case BuiltinType.oid: "\(value)::bigint OPERATOR(pg_catalog.<>) 0"
      default: "\(value) IS NOT NULL"
      }
    return "SELECT COALESCE((SELECT pg_catalog.bool_and(\(isThere)) FROM (\(query)) AS expected), false)"
  }

  /// What only deletes would need, somebody has meant to have them.
  private mutating func noteUnusedDeleteRules() {
    let unused = [
      table.scope == nil ? nil : "`scope`", table.maxDelete == nil ? nil : "`max_delete`",
      table.maxDrop == nil ? nil : "`max_drop`", table.expect == nil ? nil : "`expect`",
    ].compactMap(\.self)
    if !unused.isEmpty {
      warnings.append(
        "\(unused.joined(separator: " and ")) has no effect, because it keeps what the source no longer has "
          + "(`deletes: remove` deletes it)")
    }
    if table.allowedDeletes != nil {
      refuse("--allow-deletes names it, and it keeps what the source no longer has", "Say `deletes: remove` for it")
    }
  }

  private mutating func checkDeletes(_ facts: TableFacts, _ source: SourcePlan, _ dependents: [Dependent]) {
    if table.scope == nil, let part = partOfSource(source) {
      refuse(
        "`deletes: remove` would delete what the source has and \(part) leaves out",
        "Say under `scope` which rows of the target belong to it, as a condition on the target's columns; `scope: 'true'` "
          + "if all of ours do")
    }
    if !facts.canDelete {
      let user = target.catalog.server.user
      refuse(
        "\(user) lacks rights on \(name) on the target: DELETE",
        "GRANT DELETE ON \(name.quoted) TO \(Identifier(user).quoted), or say `deletes: keep`")
    }
    if facts.hasDeleteTriggers {
      notices.append(
        "the target's triggers run when rows are deleted; what they do to rows of other tables, pgtide does not look at"
      )
    }
    for rule in facts.deleteRules {
      refuse(
        "the rule \(rule) on the target would do something else than delete",
        "DROP RULE \(rule.quoted) ON \(name.quoted), or say `deletes: keep`")
    }
    for dependent in dependents where !dependent.canRead {
      refuse(
        "rows of \(dependent.table) refer to it (\(dependent.name)), and not all of them can be seen, so that one could be "
          + "deleted to which such a row refers",
        "Grant SELECT on \(dependent.table.quoted), or say `deletes: keep`")
    }
    for dependent in dependents where dependent.isPeriod {
      refuse(
        "rows of \(dependent.table) refer to it over a PERIOD (\(dependent.name)), and pgtide does not look for them",
        "Say `deletes: keep`")
    }
    checkScope()
  }

  /// What keeps rows of the source from being read; `nil` where all are.
  private func partOfSource(_ source: SourcePlan) -> String? {
    if source.filter != nil { return "its `where`" }
    if let relation = source.relation, (self.source.catalog.tables[relation]?.childCount ?? 0) > 0 {
      return "the reading of this table alone, from which others inherit,"
    }
    switch source.kind {
    case nil: return "its query"
    case .view: return "its view"
    case .materializedView: return "its materialized view"
    case .table, .partitioned, .foreign: return nil
    }
  }

  private mutating func checkScope() {
    guard let scope = table.scope else { return }
    for trial in ValueTrial.scope(scope, of: name) {
      guard case .failure(let error)? = target.trials[trial] else { continue }
      return refuse(
        "the target does not take `scope`: \(error.message)",
        error.hint ?? "It is a condition on the columns of \(name) on the target", quoting: error.message)
    }
  }

  /// Rules by which tables of the run refer to this one, though the target has no foreign key for them.
  private var logicalDependents: [Dependent] {
    (configuration.tables + configuration.leftOut).flatMap { other in
      other.references.compactMap { reference -> Dependent? in
        guard configuration.targetName(reference.parent) == name else { return nil }
        let child = configuration.targetName(other.target)
        guard let childFacts = target.catalog.tables[child] else { return nil }
        guard let parent = target.catalog.tables[name] else { return nil }
        let key = reference.parentColumns.identifiers
        let referenced = key.isEmpty ? parent.primaryKey?.columns ?? [] : key
        let columns = reference.columns.identifiers
        guard referenced.count == columns.count, columns.allSatisfy({ childFacts.column($0) != nil }) else {
          return nil
        }
        return Dependent(
          name: Identifier("\(columns.joined(separator: ", ")) of \(other.target)"), table: child,
          isPartitioned: childFacts.kind == .partitioned, columns: columns, referenced: referenced,
          equality: parent.collated(ReferenceTypes.equality(of: referenced, in: parent), referenced),
          canRead: childFacts.canSelect && !childFacts.hidesRows, isLogical: true)
      }
    }
  }
}
