import CopyFormat
import Postgres

/// Takes the rows that lack a parent out of one chunk's binary stream, on its way from buffer to buffer.
///
/// Rows of which nobody knows wait aside until there are enough of them to be worth a question, or the stream ends. The
/// parents' tables are on the target by then, or outside the run; of all others nothing is asked, and their rows pass.
package struct OrphanFilter: RowFilter {
  private let plan: KeyCachePlan
  private let table: QualifiedName
  private let cache: KeyCache
  private var scanner: CopyStreamScanner
  /// Whole tuples of which nobody knows yet.
  private var waiting = Rows()
  /// Whole tuples that are held back, and not stored yet.
  private var part = Rows()
  /// What came of it so far.
  package private(set) var held = HeldChunk()

  private struct Rows: Sendable {
    var bytes: [UInt8] = []
    var count = 0

    mutating func add(_ tuple: ArraySlice<UInt8>) {
      bytes += tuple
      count += 1
    }

    mutating func clear() {
      bytes.removeAll(keepingCapacity: true)
      count = 0
    }
  }

  /// Bytes of held-back rows that are stored together.
  private static let partBytes = 256 << 10

  package init(_ plan: KeyCachePlan, of table: QualifiedName, fieldCount: Int, cache: KeyCache) {
    self.plan = plan
    self.table = table
    self.cache = cache
    scanner = CopyStreamScanner(fieldCount: fieldCount)
  }

  /// Rows that came in and have not gone out.
  package var withheld: Int { waiting.count + part.count + held.rows }

  package func keep(in report: inout TableReport) {
    cache.held.keep(held.segments, of: table)
    var total = report.keyCache ?? KeyCacheReport()
    total.keysAsked += held.keysAsked
    total.rowsHeldBack += held.rows
    total.bytesSaved += held.bytes - held.askedBytes
    report.keyCache = total
  }

  package mutating func filter(_ buffer: CopyBuffer) async throws -> CopyBuffer {
    let startsWhole = [.withinHeader, .betweenTuples].contains(scanner.position)
    var scan: CopyStreamScanner.Scan?
    try buffer.withPieces { piece throws(CopyFormatError) in scan = try scanner.scan(piece) }
    guard let scan, !buffer.isWide else { return buffer }
    let bytes = buffer.narrowBytes
    let end = scan.content.upperBound
    let references = cache.known.askable(plan.references)
    var kept: [UInt8]?
    if startsWhole, scan.tuples > 0, scan.lastTupleEnd == end {
      kept = try filtered(bytes, scan.content, references, mayWait: cache.known.room > 0)
    }
    let isAtEnd = [.withinTrailer, .afterTrailer].contains(scanner.position)
    let isDue =
      isAtEnd ? withheld > held.rows : isBetweenTuples && waiting.bytes.count >= cache.limits.waitingBytes
    guard kept != nil || isDue else { return buffer }
    var sent = kept ?? Array(bytes[..<end])
    if isDue {
      try await decide(references, into: &sent)
      if isAtEnd { storePart(into: &sent) }
    }
    sent += bytes[end...]
    return CopyBuffer(sent)
  }

  private var isBetweenTuples: Bool { scanner.position == .betweenTuples }

  // MARK: - Row by row

  private enum Fate { case passes, waits, isHeld }

  /// Returns the tuples, with what stands before them, without those that do not pass; `nil` when all do.
  private mutating func filtered(
    _ bytes: [UInt8], _ content: Range<Int>, _ references: [CachedReference], mayWait: Bool
  ) throws(CopyFormatError) -> [UInt8]? {
    let states = cache.known.states(of: references)
    guard states.contains(where: { !$0.isClosed || $0.missing.count > 0 }) else { return nil }
    let tuples = bytes.span.extracting(..<content.upperBound)
    var reader = CopyTupleReader(fieldCount: scanner.fieldCount, offset: content.lowerBound)
    var fields: [CopyField] = []
    var kept: [UInt8] = []
    var isWhole = true
    /// Where the tuples begin that pass and are not copied yet.
    var start = 0
    while try reader.next(in: tuples, into: &fields) {
      let fate = Self.fate(of: fields, in: tuples, references, states, mayWait: mayWait)
      let tuple = reader.tuple
      if fate == .passes || fate == .isHeld && !cache.held.mayHold(table, bytes: tuple.count) { continue }
      isWhole = false
      kept += bytes[start..<tuple.lowerBound]
      start = tuple.upperBound
      if fate == .waits {
        waiting.add(bytes[tuple])
      } else {
        part.add(bytes[tuple])
        if part.bytes.count >= Self.partBytes { storePart(into: &kept) }
      }
    }
    if isWhole { return nil }
    kept += bytes[start..<content.upperBound]
    return kept
  }

  private static func fate(
    of fields: [CopyField], in bytes: Span<UInt8>, _ references: [CachedReference],
    _ states: [KnownKeys.ParentState], mayWait: Bool
  ) -> Fate {
    var fate = Fate.passes
    for index in references.indices {
      guard let digest = fields[references[index].field].digest(in: bytes) else { continue }
      switch states[index].lacks(digest) {
      case true?: return .isHeld
      case false?: continue
      case nil: if mayWait, !states[index].isClosed { fate = .waits }
      }
    }
    return fate
  }

  /// Stores the rows that are held back so far; where there is no room for them, they go.
  private mutating func storePart(into sent: inout [UInt8]) {
    guard part.count > 0 else { return }
    if let place = cache.held.store(part.bytes) {
      held.segments.append(HeldRows.Segment(rows: part.count, place: place))
      held.rows += part.count
      held.bytes += part.bytes.count
    } else {
      sent += part.bytes
    }
    part.clear()
  }

  // MARK: - Asking

  /// Asks for the keys of the rows that wait. Those of which nobody knows even then go.
  private mutating func decide(_ references: [CachedReference], into sent: inout [UInt8]) async throws {
    guard waiting.count > 0 else { return }
    var questions = KeyQuestions(references, known: cache.known)
    try questions.collect(from: waiting.bytes, fieldCount: scanner.fieldCount)
    let cost = try await questions.ask(cache)
    held.keysAsked += cost.keys
    held.askedBytes += cost.bytes
    let rows = waiting.bytes
    waiting.clear()
    sent += try filtered(rows, 0..<rows.count, references, mayWait: false) ?? rows
  }
}
