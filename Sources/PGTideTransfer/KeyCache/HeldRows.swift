import Postgres
import Synchronization

/// The rows that were held back, as they came: in memory, then in a file. Shared by the workers.
///
/// A row is told by a number: its segment's place among the table's, and the place of its tuple in that.
package final class HeldRows: Sendable {
  /// Rows that were stored together.
  package struct Segment: Sendable {
    package let rows: Int
    package let place: Place
  }

  package enum Place: Sendable {
    case memory([UInt8])
    case file(ScratchFile.Range)
  }

  private struct Table {
    /// Bytes of rows without a parent that crossed whole.
    var wholeBytes = 0
    var segments: [Segment] = []
    var isStaged = false
  }

  private struct State {
    var inMemory = 0
    var isFull = false
    var tables: [QualifiedName: Table] = [:]
  }

  private let limits: KeyCacheLimits
  private let file: ScratchFile
  private let state = Mutex(State())

  package init(limits: KeyCacheLimits) {
    self.limits = limits
    file = ScratchFile(limit: limits.heldOnDisk)
  }

  // MARK: - While rows are read

  /// Whether a row without a parent is held back: not the first ones of a table, and not when there is no room.
  package func mayHold(_ table: QualifiedName, bytes: Int) -> Bool {
    state.withLock { state in
      guard !state.isFull else { return false }
      let whole = state.tables[table]?.wholeBytes ?? 0
      guard whole + bytes <= limits.wholeBytes else { return true }
      state.tables[table, default: Table()].wholeBytes = whole + bytes
      return false
    }
  }

  /// Stores rows; `nil` when there is no room for them, nor for any others from then on.
  package func store(_ tuples: [UInt8]) -> Place? {
    let fitsInMemory = state.withLock { state in
      guard state.inMemory + tuples.count <= limits.heldInMemory else { return false }
      state.inMemory += tuples.count
      return true
    }
    if fitsInMemory {
      // In a piece of memory of their own size: what they were collected in may be twice that.
      var own: [UInt8] = []
      own.reserveCapacity(tuples.count)
      own += tuples
      return .memory(own)
    }
    if let range = file.append(tuples) { return .file(range) }
    state.withLock { $0.isFull = true }
    return nil
  }

  /// Takes over what a chunk held back.
  package func keep(_ segments: [Segment], of table: QualifiedName) {
    guard !segments.isEmpty else { return }
    state.withLock { $0.tables[table, default: Table()].segments += segments }
  }

  // MARK: - Afterwards

  package func rows(of table: QualifiedName) -> Int { segments(of: table).map(\.rows).reduce(0, +) }

  package func segments(of table: QualifiedName) -> [Segment] { state.withLock { $0.tables[table]?.segments ?? [] } }

  /// The short forms of the table's rows stand in its stage.
  package func isStaged(_ table: QualifiedName) -> Bool { state.withLock { $0.tables[table]?.isStaged ?? false } }

  package func note(staged table: QualifiedName) { state.withLock { $0.tables[table]?.isStaged = true } }

  package func tuples(of segment: Segment) throws -> [UInt8] {
    switch segment.place {
    case .memory(let tuples): tuples
    case .file(let range): try file.read(range)
    }
  }

  /// Nobody needs the table's rows any more.
  package func release(_ table: QualifiedName) {
    state.withLock { state in
      for case .memory(let tuples) in state.tables[table]?.segments.map(\.place) ?? [] {
        state.inMemory -= tuples.count
      }
      state.tables[table]?.segments = []
    }
  }
}
