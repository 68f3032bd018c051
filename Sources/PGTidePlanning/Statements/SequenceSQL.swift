import PostgresValues

/// Moves a sequence past the numbers of its column, so that nobody who draws from it meanwhile is given a number twice.
///
/// `setval` alone would be a race: whoever draws between the look and the write would have the sequence set back behind him.
/// So numbers are drawn, as everybody draws them, until one is past the column's: `nextval` goes in one direction only. Where
/// that would take long, ALTER SEQUENCE locks the sequence first, which keeps everybody from it until the transaction ends.
package struct SequenceSQL: Sendable {
  package let table: TablePlan
  package let plan: SequencePlan

  package init(_ plan: SequencePlan, of table: TablePlan) {
    self.plan = plan
    self.table = table
  }

  /// About two seconds' worth.
  package static let mostDraws = 10_000_000

  private var sequence: ColumnSequence { plan.sequence }
  private var isAscending: Bool { sequence.increment > 0 }
  private var relation: SQL { "\(literal: sequence.name.quoted)::pg_catalog.regclass" }

  /// Draws numbers until the sequence has passed the column's, unless there are too many of them.
  package var draw: SQL {
    """
    WITH \(due)
    SELECT d.stood, d.reached, d.draws OPERATOR(pg_catalog.>) \(Self.mostDraws),
      CASE WHEN d.draws OPERATOR(pg_catalog.>) 0 AND d.draws OPERATOR(pg_catalog.<=) \(Self.mostDraws) THEN (
        SELECT drawn.number
        FROM (SELECT pg_catalog.nextval(\(relation)) AS number
          FROM (SELECT pg_catalog.generate_series(1, d.draws::bigint OPERATOR(pg_catalog.+) \(constant(sequence.cache)))) n
          OFFSET 0) drawn
        WHERE drawn.number \(isPast) d.reached LIMIT 1)
        WHEN d.stood IS NULL AND d.last OPERATOR(pg_catalog.=) d.reached THEN d.last END
    FROM due d
    """
  }

  /// Keeps everybody from drawing, and changes nothing: it must be the sequence's own number that it names.
  package var lock: SQL { "ALTER SEQUENCE \(sequence.name) CACHE \(raw: "\(sequence.cache)")" }

  /// Sets the sequence past the column's numbers, as far as it has not been there; under ``lock``.
  package var jump: SQL {
    """
    WITH \(due)
    SELECT d.stood, d.reached, false,
      CASE WHEN d.draws OPERATOR(pg_catalog.>) 0 THEN pg_catalog.setval(\(relation), (
        \(standing("d")) OPERATOR(pg_catalog.+) (d.draws OPERATOR(pg_catalog.*) \(step)))::bigint) END
    FROM due d
    """
  }

  /// For people who are to move it.
  package var byHand: String {
    let best = isAscending ? "max" : "min"
    return "SELECT setval('\(sequence.name.quoted)', \(best)(\(plan.column.name.quoted))) FROM \(table.target.quoted)"
  }

  package struct Outcome: Sendable, Equatable {
    /// The number where it stood; `nil` if none had been drawn.
    package let last: Int?
    /// The number that it had to pass; `nil` if the column has none within its bounds.
    package let reached: Int?
    /// More numbers would have to be drawn than are drawn.
    package let isTooFar: Bool
    /// The number where it stands now; `nil` if it stayed.
    package let moved: Int?
  }

  /// What ``draw`` and ``jump`` answer.
  package static func outcome(_ sql: SQL) -> Question<Outcome> {
    Question(sql) { answer in
      let row = answer.rows.first
      return Outcome(
        last: row?.int(0), reached: row?.int(1), isTooFar: row?.bool(2) ?? false, moved: row?.int(3))
    }
  }

  /// Whether the sequence has no number left behind this one, unless it starts again.
  package func isLast(_ number: Int) -> Bool {
    isAscending ? Int64(number) >= exhausted : Int64(number) <= exhausted
  }

  // MARK: - How far it has to go

  /// Where the sequence stands, which number of the column it has to reach, and how many numbers lie between.
  ///
  /// Numbers that the sequence can never give do not count, and its last one is not passed. Of a sequence from which nobody has
  /// drawn, the first draw tells where it stands: it may have been restarted anywhere.
  private var due: SQL {
    let end = isAscending ? sequence.maximum : sequence.minimum
    let isWithin: SQL = isAscending ? "OPERATOR(pg_catalog.<=)" : "OPERATOR(pg_catalog.>=)"
    let distance: SQL =
      isAscending
      ? "l.reached::numeric OPERATOR(pg_catalog.-) \(standing("l"))"
      : "\(standing("l")) OPERATOR(pg_catalog.-) l.reached::numeric"
    let width = sequence.increment.magnitude
    return """
      found AS MATERIALIZED (
        SELECT pg_catalog.pg_sequence_last_value(\(relation)) AS stood, (
          SELECT \(outermost) FROM \(table.target) t
          WHERE t.\(plan.column.name) \(isWithin) \(constant(end, plan.isNumeric ? "numeric" : "bigint"))) AS number),
      looked AS MATERIALIZED (
        SELECT f.stood, CASE WHEN f.number IS NOT NULL THEN \(isAscending ? "LEAST" : "GREATEST")(
          f.number, \(constant(exhausted))) END AS reached
        FROM found f),
      begun AS MATERIALIZED (
        SELECT l.stood, l.reached,
          CASE WHEN l.reached IS NOT NULL THEN COALESCE(l.stood, pg_catalog.nextval(\(relation))) END AS last
        FROM looked l),
      due AS MATERIALIZED (
        SELECT l.stood, l.last, l.reached, pg_catalog.div(
          \(distance) OPERATOR(pg_catalog.+) \(constant(width - 1, "numeric")), \(constant(width, "numeric"))) AS draws
        FROM begun l)
      """
  }

  /// From here on there is no further number.
  private var exhausted: Int64 {
    let end = isAscending ? sequence.maximum : sequence.minimum
    let (last, hasOverflown) = end.subtractingReportingOverflow(sequence.increment - sequence.increment.signum())
    return hasOverflown ? end : last
  }

  private var outermost: SQL {
    let values: SQL = "pg_catalog.\(raw: isAscending ? "max" : "min")(t.\(plan.column.name))"
    return plan.isNumeric ? "pg_catalog.\(raw: isAscending ? "floor" : "ceil")(\(values))::bigint" : "\(values)::bigint"
  }

  private func standing(_ row: SQL) -> SQL { "\(row).last::numeric" }

  private var isPast: SQL { isAscending ? "OPERATOR(pg_catalog.>=)" : "OPERATOR(pg_catalog.<=)" }
  private var step: SQL { constant(sequence.increment, "numeric") }

  /// The smallest number cannot be written as one.
  private func constant(_ number: some BinaryInteger, _ type: SQL = "bigint") -> SQL {
    "\(literal: "\(number)")::\(type)"
  }
}
