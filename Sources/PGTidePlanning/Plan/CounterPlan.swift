/// Whose tuple counters prove what was written.
package struct CounterPlan: Sendable {
  package let relation: UInt32
  /// Why they prove nothing, where they do not.
  package let unusable: String?
}
