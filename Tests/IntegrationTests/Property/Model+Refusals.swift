import PGTide
import Postgres

/// Rows that a constraint of the target refuses while they are written.
///
/// Which of two rows with the same unique value goes in is for the engine to say. So the model takes its word for which
/// rows were refused, asks whether each had a reason to be, and works out everything else from there. That no row went
/// in which had to be refused is what the target's own constraints prove.
extension Model {
  /// Keys of the rows that a run says the target refused, by table number.
  static func refusals(
    _ schema: RandomSchema, _ report: SyncReport, _ target: Connection
  ) async throws -> [Set<[String]>] {
    var refused = schema.tables.map { _ in Set<[String]>() }
    guard schema.canRefuse else { return refused }
    for index in schema.runTables {
      let table = schema.tables[index]
      let columns = table.key.map { "row_key ->> \(literal: table.columns[$0].name)" as SQL }
      let answer = try await target.query(
        """
        SELECT \(columns.joined(separator: ", ")) FROM pgtide.rejects
        WHERE run_id = \(bind: report.runID)::bigint AND table_name = \(bind: table.name)
          AND reason IN (\(bind: Verdict.refused.reason), \(bind: RejectReason.heldByStaleRow.words))
        """)
      refused[index] = Set(
        answer.rows.map { row in
          table.key.enumerated().map { place, column in
            let type = table.columns[column].type
            return row[place].flatMap(type.held).map(type.identity) ?? ""
          }
        })
    }
    return refused
  }

  /// Refused rows for whose refusal there is no reason to be seen.
  func unjustifiedRefusals(after: DatabaseState) -> [String] {
    let all = candidates()
    return schema.runTables.flatMap { table in
      all[table].indices.filter { all[table][$0].verdict == .refused && !isJustified($0, all[table], table, after) }
        .map { "\(schema.tables[table].name): refused without a reason: \(all[table][$0].row.shown)" }
    }
  }

  /// Another row has, had or wants a value that must be unique, or a value is forbidden.
  private func isJustified(_ number: Int, _ candidates: [Candidate], _ table: Int, _ after: DatabaseState) -> Bool {
    let spec = schema.tables[table]
    let candidate = candidates[number]
    let own = key(of: candidate, spec.key, spec)
    return spec.mapped.contains { column in
      guard let value = candidate.held(column) else { return false }
      if value == spec.columns[column].forbidden { return true }
      guard spec.columns[column].isUnique else { return false }
      let name = spec.columns[column].name
      let rows = target.tables[table].rows + after.tables[table].rows
      return rows.contains { $0[name] == value && key(of: $0, spec) != own }
        || candidates.indices.contains { $0 != number && candidates[$0].held(column) == value }
    }
  }
}
