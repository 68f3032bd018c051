import PostgresValues

/// A column of the stage.
package struct StagedColumn: Sendable {
  package let name: Identifier
  /// Its expression in the source's COPY.
  package var select: SQL
  package let type: SQL
  package let collation: QualifiedName?
  /// What its expression needs, if that makes a text of a value.
  package var pins = SessionPins.none
  /// What it needs if all values travel as text.
  package var pinsAsText = SessionPins.none
}
