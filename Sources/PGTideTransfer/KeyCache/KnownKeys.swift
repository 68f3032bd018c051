import CopyFormat
import Postgres
import Synchronization

/// What the target has said of the keys that rows refer to. Shared by the workers.
///
/// It may be wrong: a parent comes or goes, and keys are told apart by a 64-bit digest. So nothing is decided here but
/// how much of a row crosses; its verdict comes from the comparison.
package final class KnownKeys: Sendable {
  private let limits: KeyCacheLimits
  /// Tables of the run; parents elsewhere can be asked for at any time.
  private let tables: Set<QualifiedName>
  private let state = Mutex(State())

  package struct State {
    package fileprivate(set) var parents: [ParentKey: ParentState] = [:]
    fileprivate var landed: Set<QualifiedName> = []
    fileprivate var count = 0
  }

  /// What is known of one parent's keys.
  package struct ParentState {
    package var present = KeySet()
    package var missing = KeySet()
    /// Nobody asks for more: too few were missing, or the question failed.
    package var isClosed = false

    /// Whether a row with this key is held back; `nil`: nobody knows.
    package func lacks(_ digest: UInt64) -> Bool? {
      if missing.contains(digest) { return true }
      return present.contains(digest) ? false : nil
    }
  }

  package init(tables: [QualifiedName], limits: KeyCacheLimits) {
    self.tables = Set(tables)
    self.limits = limits
  }

  /// The table's rows are on the target: who refers to them can be asked for from now on.
  package func note(landed table: QualifiedName) { state.withLock { _ = $0.landed.insert(table) } }

  /// Which of the references can be asked for now. A parent that is still to merge cannot: what it lacks may come.
  package func askable(_ references: [CachedReference]) -> [CachedReference] {
    state.withLock { state in
      references.filter { !tables.contains($0.parent.table) || state.landed.contains($0.parent.table) }
    }
  }

  /// The states of the references' parents.
  package func states(of references: [CachedReference]) -> [ParentState] {
    state.withLock { state in references.map { state.parents[$0.parent] ?? ParentState() } }
  }

  /// Takes an answer of the target's. Parents of which too few keys are missing are not asked for any more.
  package func learn(_ parent: ParentKey, present: [UInt64], missing: [UInt64]) {
    state.withLock { state in
      var known = state.parents.removeValue(forKey: parent) ?? ParentState()
      state.count -= known.present.count + known.missing.count
      for digest in present { known.present.insert(digest) }
      for digest in missing { known.missing.insert(digest) }
      let asked = known.present.count + known.missing.count
      state.count += asked
      if asked >= limits.trialKeys, known.missing.count < asked / Self.worthwhileShare { known.isClosed = true }
      state.parents[parent] = known
    }
  }

  /// Nobody asks for the parent's keys any more.
  package func close(_ parent: ParentKey) {
    state.withLock { $0.parents[parent, default: ParentState()].isClosed = true }
  }

  /// Keys that may still be asked for.
  package var room: Int { state.withLock { max(0, limits.keys - $0.count) } }

  /// Below one missing key in so many, the questions cost more than they save.
  private static let worthwhileShare = 32
}
