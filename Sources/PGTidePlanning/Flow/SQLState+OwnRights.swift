import PostgresValues

extension SQLState {
  /// What was taken away from others and given to them again, or what somebody else has made since the plan: raised by
  /// pgtide's own statements where it cannot be undone.
  package static let givenAway = "TIDE5"
  package static let givenAgain = "TIDE6"
  package static let stranger = "TIDE7"
}
