/// How far a snapshot of the source sees.
package enum ChangeHorizon: Sendable, Equatable {
  /// What it does not see was written by transactions that began at this time or later, in UTC by the source's clock.
  case known(String)
  /// Why that cannot be said.
  case unknown(String)
}
