import FoundationEssentials
import Synchronization

/// Sees to it that the spill stays within its limit, and leaves the disk room.
package final class SpillBudget: Sendable {
  private let directory: String
  private let limit: Int?
  private let state = Mutex(State())

  private struct State {
    var used = 0
    var reason: String?
  }

  package init(directory: String, limit: Int?) {
    self.directory = directory
    self.limit = limit
  }

  /// Why no more is spilled; `nil` while there is room.
  package var reason: String? { state.withLock(\.reason) }

  /// Asks for room for `bytes` more, before they are written.
  ///
  /// Throws: ``SpillFull``, from then on always.
  package func take(_ bytes: Int) throws(SpillFull) {
    let free = FreeSpace(of: directory)
    let reason: String? = state.withLock { state in
      if state.reason == nil {
        if let limit, state.used + bytes > limit {
          state.reason = "the spill reached its limit of \(limit) bytes"
        } else if let free, free.available - bytes < free.reserve {
          state.reason = "the disk under \(directory) has no more than \(free.available) bytes left"
        } else {
          state.used += bytes
        }
      }
      return state.reason
    }
    if let reason { throw SpillFull(reason: reason) }
  }

  /// What was written before a chunk failed is gone again.
  package func giveBack(_ bytes: Int) { state.withLock { $0.used -= bytes } }

  /// No more is spilled, because a write failed.
  package func close(because reason: String) { state.withLock { $0.reason = $0.reason ?? reason } }
}
