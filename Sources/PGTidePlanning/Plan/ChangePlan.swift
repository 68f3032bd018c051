import PostgresValues

/// How a table's rows are found that have changed since the last run, where a column of the source tells them.
package struct ChangePlan: Sendable {
  /// The source's column.
  package let column: Identifier
  /// An index begins with it, so that the source need not read the whole table.
  package let isIndexed: Bool
  /// What all of it rests on: where that has changed, all rows are looked at.
  package let fingerprint: String
  /// What the last run has written down.
  package let past: PastChanges?
  package let reading: Reading
  /// When all rows are to be looked at again, in seconds.
  package let fullEvery: Double
  /// The source's next transaction when this was planned.
  package let nextTransaction: Int?
  /// What this run's snapshot sees; `nil` in a run that keeps nothing for the next one.
  package var horizon: ChangeHorizon?

  package enum Reading: Sendable {
    /// Why all rows are looked at.
    case all(because: String)
    case changed(Window)
  }

  /// The rows that are read.
  package struct Window: Sendable {
    /// Those of this time or a later one, in UTC, without the overlap.
    package let mark: String
    /// In seconds.
    package let overlap: Int
    /// All that is read for them.
    package let chunks: [Chunk]
  }

  package var window: Window? { if case .changed(let window) = reading { window } else { nil } }

  /// What is left for the next run when the table lands.
  package struct Next: Sendable {
    package var mark: String?
    package var reason: String?
  }

  /// Rows that could not go in are looked at again by the next run, though they are no newer then.
  package func next(_ counts: RowCounts) -> Next? {
    guard let horizon else { return nil }
    // What a run over the changed rows has left out stands behind the old mark; what one over all rows has, anywhere.
    let old = window?.mark
    let left = [(counts.rejected, "rejected"), (counts.protected, "protected")].filter { $0.0 > 0 }
    guard left.isEmpty else {
      let rows = left.map { "\($0.0) \($0.1)" }.joined(separator: " and ")
      return Next(mark: old, reason: "the last run left out rows (\(rows)), which are looked at again")
    }
    switch horizon {
    case .known(let mark): return Next(mark: mark)
    case .unknown(let reason):
      let isSame = past?.plan == fingerprint
      return Next(mark: old ?? (isSame ? past?.mark : nil), reason: "in the last run, \(reason)")
    }
  }

  /// One line for the plan.
  package var summary: String {
    switch reading {
    case .all(let reason): "\(column): all rows are looked at, because \(reason)"
    case .changed(let window):
      "\(column): rows since \(window.mark), and \(DurationText.write(window.overlap)) before; the others are not looked at, "
        + "and nothing is deleted"
    }
  }
}
