import CopyFormat
import Postgres

/// Brings rows that were held back to their stage: all of them in their short form, and whole those that are asked for.
package struct HeldRowsCopy: Sendable {
  package let table: TablePlan
  package let plan: KeyCachePlan
  package let held: HeldRows

  private static let bufferBytes = 256 << 10

  /// `nil` where nothing was held back.
  package init?(_ table: TablePlan, held: HeldRows) {
    guard let plan = table.keyCache, !held.segments(of: table.target).isEmpty else { return nil }
    self.table = table
    self.plan = plan
    self.held = held
  }

  // MARK: - The short form

  /// Sends what decides of each row, with its number. Returns the bytes sent.
  package func sendShort(
    to connection: Connection, hasCommitted: (UncertainCommit) async throws -> Bool
  ) async throws -> Int {
    let names = plan.shortColumns(table.stage)
    let segments = held.segments(of: table.target)
    return try await send(
      into: names, on: connection, expecting: segments.map(\.rows).reduce(0, +), hasCommitted: hasCommitted
    ) { writer in
      for (number, segment) in segments.enumerated() {
        let tuples = try held.tuples(of: segment)
        var reader = CopyTupleReader(fieldCount: table.stage.columns.count)
        var fields: [CopyField] = []
        while try reader.next(in: tuples.span, into: &fields) {
          let id = Int64(number) << 32 | Int64(reader.tuple.lowerBound)
          writer.append(Int16(plan.deciding.count + 1))
          for place in plan.deciding {
            let field = fields[place]
            // With the four bytes of its length in front.
            writer.append(tuples[field.offset - 4..<field.offset + max(0, field.length)])
          }
          writer.append(Int32(8))
          writer.append(id)
          try await writer.flush(ifAbove: Self.bufferBytes)
        }
      }
    }
  }

  // MARK: - Whole

  /// Sends the rows of these numbers as they came. Returns the bytes sent.
  package func sendWhole(_ ids: [Int64], to connection: Connection) async throws -> Int {
    let segments = held.segments(of: table.target)
    let bySegment = Dictionary(grouping: ids) { Int($0 >> 32) }
    return try await send(into: table.stage.columns.map(\.name), on: connection, expecting: ids.count) { writer in
      for (number, ids) in bySegment.sorted(by: { $0.key < $1.key }) {
        let tuples = try held.tuples(of: segments[number])
        var fields: [CopyField] = []
        for id in ids {
          var reader = CopyTupleReader(fieldCount: table.stage.columns.count, offset: Int(id & 0xFFFF_FFFF))
          _ = try reader.next(in: tuples.span, into: &fields)
          writer.append(tuples[reader.tuple])
          try await writer.flush(ifAbove: Self.bufferBytes)
        }
      }
    }
  }

  // MARK: - COPY

  /// Takes rows into these columns of a stage.
  package static func copyIn(_ stage: StageTable, _ columns: [Identifier]) -> SQL {
    let names = columns.map { "\($0)" as SQL }.joined(separator: ", ")
    return "COPY \(stage.stage) (\(names)) FROM STDIN (FORMAT binary)"
  }

  private func send(
    into columns: [Identifier], on connection: Connection, expecting rows: Int,
    hasCommitted: (UncertainCommit) async throws -> Bool = { _ in false },
    _ body: (inout Rows) async throws -> Void
  ) async throws -> Int {
    let copy = Self.copyIn(table.stage, columns)
    let (bytes, stored) = try await connection.copyIn(copy, hasCommitted: hasCommitted) { writer in
      var rows = Rows(writer: writer)
      rows.append(CopyHeader.bytes[...])
      try await body(&rows)
      rows.append(CopyTrailer.bytes[...])
      try await rows.flush(ifAbove: 0)
      return rows.sent
    }
    guard stored ?? rows == rows else {
      throw SyncError(
        table: table.target,
        message: "\(CountedWords.rows(rows, "was", "were")) held back, but the stage took \(stored ?? 0) of them",
        advice: "Rows were lost on the way; report this")
    }
    return bytes
  }

  /// A stream that is being written.
  private struct Rows {
    let writer: CopyInWriter
    private var bytes: [UInt8] = []
    private(set) var sent = 0

    init(writer: CopyInWriter) { self.writer = writer }

    mutating func append(_ more: ArraySlice<UInt8>) { bytes += more }

    mutating func append(_ number: some FixedWidthInteger) {
      for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: number >> shift))
      }
    }

    mutating func flush(ifAbove limit: Int) async throws {
      guard bytes.count > limit else { return }
      try await writer.write(CopyBuffer(bytes))
      sent += bytes.count
      bytes.removeAll(keepingCapacity: true)
    }
  }
}
