import PGTide
import Synchronization

/// How often the cases met what: a property that never meets a protected row says nothing about protected rows.
final class PropertyTally: Sendable {
  private let counts = Mutex<[String: Int]>([:])

  static let wanted =
    [
      "inserted", "updated", "unchanged", "protected", "held back", "level by a digest", "narrowed by a digest",
      "rejected beside a digest", "sent as arrays", "copied directly", "proved in a direct load",
      "indexes built behind the rows", "deleted", "not deleted", "stopped by a brake", "sequences moved",
    ]
    + [Model.Verdict.duplicateKey, .nullKey, .nullValue, .doesNotFit, .missingParent, .missingLookup].compactMap(
      \.reason)

  func add(_ expected: [Expectation?], _ report: SyncReport) {
    counts.withLock { counts in
      counts["syncs", default: 0] += 1
      counts["held back", default: 0] += report.tables.compactMap(\.keyCache?.rowsHeldBack).reduce(0, +)
      for table in report.tables {
        counts["sequences moved", default: 0] += table.sequencesMoved ?? 0
        if table.brake != nil { counts["stopped by a brake", default: 0] += 1 }
      }
      for table in report.tables where table.isLoadedDirectly {
        counts[table.chunks == 0 ? "sent as arrays" : "copied directly", default: 0] += 1
        if table.indexesRebuilt != nil { counts["indexes built behind the rows", default: 0] += 1 }
        if table.integrity == "checked in sets" { counts["proved in a direct load", default: 0] += 1 }
      }
      for table in report.tables.map(\.counts) where table.matched > 0 {
        counts[table.staged == 0 ? "level by a digest" : "narrowed by a digest", default: 0] += 1
        if table.rejected > 0 { counts["rejected beside a digest", default: 0] += 1 }
      }
      for table in expected.compactMap(\.self) {
        counts["inserted", default: 0] += table.inserted
        counts["updated", default: 0] += table.updated
        counts["unchanged", default: 0] += table.unchanged
        if !table.isBraked {
          counts["deleted", default: 0] += table.deleted
          counts["not deleted", default: 0] += table.kept
        }
        counts["protected", default: 0] += table.protected
        for (reason, count) in table.rejects { counts[reason, default: 0] += count }
      }
    }
  }

  subscript(what: String) -> Int { counts.withLock { $0[what] ?? 0 } }

  var description: String {
    counts.withLock { $0.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ") }
  }
}
