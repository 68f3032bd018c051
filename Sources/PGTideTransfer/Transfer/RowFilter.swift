import Postgres

/// Takes rows out of a chunk's stream, which follow before their table is compared, and count as staged.
package protocol RowFilter: Sendable {
  /// Rows that came in and have not gone out.
  var withheld: Int { get }

  /// Returns what is to be sent in place of the stream's next buffer: often the buffer itself.
  mutating func filter(_ buffer: CopyBuffer) async throws -> CopyBuffer

  /// The chunk has come to its stage. Of an attempt that failed nothing is kept.
  func keep(in report: inout TableReport)
}
