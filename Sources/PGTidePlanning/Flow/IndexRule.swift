/// What becomes of the indexes that enforce nothing, while a large empty table is loaded without a stage.
public enum IndexRule: String, Sendable, Equatable, CaseIterable {
  /// The server keeps them up with every row, and others may use the table.
  case keep
  /// They are dropped before the first row and created again behind the last, all in the load's transaction. Until it
  /// ends, nobody else can use the table.
  case rebuild
}
