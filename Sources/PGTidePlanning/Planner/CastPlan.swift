import PostgresValues

/// How a column's values get from the source's type to the target's.
package struct CastPlan: Sendable {
  /// The expression in the source's COPY, made from the column or expression there.
  package var select: SQL
  /// The stage column's type, without a length: a cast with a length on the way would cut silently.
  package var stageType: SQL
  /// The staged value as the target will hold it. Safe to evaluate only where `fits` holds.
  package var value: SQL
  /// A condition on the staged value; where it is false, the value is not what the target would hold. `nil`: always
  /// fits.
  package var fits: SQL?
  /// Said in the plan, because the user should know.
  package var notice: String?
  /// What `select` needs, where it makes a text.
  package var pins = SessionPins.none
}
