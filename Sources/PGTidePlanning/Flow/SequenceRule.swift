/// What happens to the sequences from which synced columns take their numbers.
public enum SequenceRule: String, Sendable, CaseIterable {
  /// They are moved past the numbers that the column has, so that the next one is free. The default.
  case move
  /// They stay as they are.
  case keep
}
