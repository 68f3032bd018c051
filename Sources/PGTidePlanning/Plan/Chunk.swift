import PostgresValues

/// A part of a table that one COPY reads: the unit of streaming and progress.
package struct Chunk: Sendable {
  package let table: QualifiedName
  /// From 1, within the table.
  package let number: Int
  /// Reads its rows.
  package let query: SQL
  package let format: RowFormat
  /// Bytes of the source's heap; 0 where unknown.
  package let bytes: Int
  /// Unknown beforehand, so the stream is cut into several COPYs into the stage on the way.
  package let isCutOnTheWay: Bool
  /// Under which its values are written as text.
  package var pins = SessionPins.none

  package init(
    table: QualifiedName, number: Int, query: SQL, format: RowFormat, bytes: Int, isCutOnTheWay: Bool,
    pins: SessionPins = SessionPins.none
  ) {
    self.table = table
    self.number = number
    self.query = query
    self.format = format
    self.bytes = bytes
    self.isCutOnTheWay = isCutOnTheWay
    self.pins = pins
  }

  /// What the source is sent, inside of a transaction.
  package var copyOut: SQL { pins.around("COPY (\(query)) TO STDOUT (\(format.sql))") }
}
