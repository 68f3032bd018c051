import Postgres

/// Measures on the source, before anything is moved, which rows a run would reject.
///
/// Both ends are read in one transaction each, in which nothing can be written. The target is asked for parents alone.
struct Profiler: Sendable {
  let plan: SyncPlan
  let source: Connection
  let target: Connection

  /// What was found, by table.
  func profiles() async throws -> [QualifiedName: PlanSummary.Profile] {
    let opening: SQL = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
    do {
      try await source.batch([opening, (SessionPins.values + .hashing).statement])
      try await target.batch([opening, (SessionPins.values + .comparison).statement])
      let profiles = try await measure()
      await source.rollBack()
      await target.rollBack()
      return profiles
    } catch {
      await source.rollBack()
      await target.rollBack()
      throw error
    }
  }

  private func measure() async throws -> [QualifiedName: PlanSummary.Profile] {
    var profiles: [QualifiedName: PlanSummary.Profile] = [:]
    var standing = ProfileSQL.StandingKeys()
    var earlier: [QualifiedName: TablePlan] = [:]
    var others: [QualifiedName: [QualifiedName]] = [:]
    for group in plan.groups where group.tables.count > 1 {
      for table in group.tables { others[table] = group.tables.filter { $0 != table } }
    }
    for table in plan.tables {
      func sql() -> ProfileSQL {
        var sql = ProfileSQL(table: table, earlier: earlier, standing: standing)
        sql.inCycles = others
        return sql
      }
      for reference in sql().references {
        standing.keys[table.target, default: [:]][reference.name] = try await standingKeys(reference, sql())
      }
      let answer = try await source.query(sql().counts)
      profiles[table.target] = PlanSummary.Profile(
        verdicts: answer.rows.map { ($0[0] ?? "", $0.int(1) ?? 0) }, unmeasured: sql().unmeasured)
      earlier[table.target] = table
    }
    return profiles
  }

  /// Of the keys that the source lacks, those that the target has.
  private func standingKeys(_ reference: ReferencePlan, _ sql: ProfileSQL) async throws -> [[String]] {
    let missing = try await source.query(sql.missingKeys(reference)).rows.filter { row in
      // A part that is NULL has no parent by MATCH FULL, and none is looked for otherwise.
      reference.columns.indices.allSatisfy { row[$0] != nil }
    }
    guard !missing.isEmpty else { return [] }
    let keys = reference.columns.indices.map { place in missing.map { $0.text(place) } }
    let answer = try await target.query(sql.standing(among: keys, reference)).rows.first?[0] ?? ""
    let numbers = answer.split(separator: ",").compactMap { Int($0) }
    return keys.map { column in numbers.map { column[$0 - 1] } }
  }
}
