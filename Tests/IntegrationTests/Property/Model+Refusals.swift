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
    guard schema.mayRefuse else { return refused }
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
  ///
  /// A value must be unique, and a row has it that cannot give it up: one that is not written in this sync, or that is refused
  /// itself for such a reason. Or several rows want the same. Rows that merely pass their values round have no such reason.
  func unjustifiedRefusals() -> [String] {
    let outcome = outcome()
    return schema.runTables.flatMap { table -> [String] in
      let justified = justifiedRefusals(table, outcome)
      let candidates = outcome.candidates[table]
      return candidates.indices.filter { candidates[$0].verdict == .refused && !justified.contains($0) }
        .map { "\(schema.tables[table].name): refused without a reason: \(candidates[$0].row.shown)" }
    }
  }

  /// Numbers of the source's rows that may be refused.
  private func justifiedRefusals(_ table: Int, _ outcome: Outcome) -> Set<Int> {
    let spec = schema.tables[table]
    let candidates = outcome.candidates[table]
    let tried = candidates.indices.filter { candidates[$0].isWritten || candidates[$0].verdict == .refused }
    let moving = Set(tried.compactMap { candidates[$0].standing })
    let rows = target.tables[table].rows
    let staying = rows.indices.filter { !moving.contains($0) && !outcome.early[table].contains($0) }
    let unique = spec.mapped.filter { spec.columns[$0].isUnique }
    var taken = Dictionary(
      uniqueKeysWithValues: unique.map { column in
        (column, Set(staying.compactMap { rows[$0][spec.columns[column].name] }))
      })
    let wanted = Dictionary(
      uniqueKeysWithValues: unique.map { column in
        (column, Dictionary(grouping: tried.compactMap { candidates[$0].held(column) }, by: \.self).mapValues(\.count))
      })
    var justified: Set<Int> = []
    var hasGrown = true
    while hasGrown {
      hasGrown = false
      for number in tried where !justified.contains(number) {
        let candidate = candidates[number]
        let isForbidden = spec.mapped.contains { column in
          spec.columns[column].forbidden.map { $0 == candidate.held(column) } ?? false
        }
        let isTaken = unique.contains { column in
          guard let value = candidate.held(column) else { return false }
          return taken[column]!.contains(value) || wanted[column]![value]! > 1
        }
        guard isForbidden || isTaken else { continue }
        justified.insert(number)
        hasGrown = true
        // It may have been refused, and then keeps what it has.
        guard let standing = candidate.standing else { continue }
        for column in unique {
          if let value = rows[standing][spec.columns[column].name] { taken[column]!.insert(value) }
        }
      }
    }
    return justified
  }
}
