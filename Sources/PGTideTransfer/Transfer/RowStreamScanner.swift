import CopyFormat
import Postgres

/// Follows a chunk's stream, in whichever format it is.
package enum RowStreamScanner: Sendable {
  case binary(CopyStreamScanner)
  case text(TextStreamScanner)

  package init(_ format: RowFormat, fieldCount: Int) {
    self =
      switch format {
      case .binary: .binary(CopyStreamScanner(fieldCount: fieldCount))
      case .text: .text(TextStreamScanner())
      }
  }

  /// Rows that were seen to their end.
  package var rows: Int {
    switch self {
    case .binary(let scanner): scanner.tuples
    case .text(let scanner): scanner.rows
    }
  }

  /// Bytes scanned.
  package var bytes: Int {
    switch self {
    case .binary(let scanner): scanner.offset
    case .text(let scanner): scanner.offset
    }
  }

  /// The stream can be cut here.
  package var isBetweenRows: Bool {
    switch self {
    case .binary(let scanner): scanner.position == .betweenTuples
    case .text(let scanner): scanner.isBetweenRows
    }
  }

  package mutating func scan(_ bytes: Span<UInt8>) throws(CopyFormatError) {
    switch self {
    case .binary(var scanner):
      defer { self = .binary(scanner) }
      _ = try scanner.scan(bytes)
    case .text(var scanner):
      _ = scanner.scan(bytes)
      self = .text(scanner)
    }
  }

  /// Call it when no more bytes come.
  package func finish() throws {
    switch self {
    case .binary(let scanner): try scanner.finish()
    case .text(let scanner): try scanner.finish()
    }
  }
}

extension RowFormat {
  /// What stands before the rows of a stream.
  package var head: [UInt8] {
    switch self {
    case .binary: CopyHeader.bytes
    case .text: []
    }
  }

  /// What stands behind them.
  package var tail: [UInt8] {
    switch self {
    case .binary: CopyTrailer.bytes
    case .text: []
    }
  }
}
