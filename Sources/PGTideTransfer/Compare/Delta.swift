import Postgres
import Synchronization

/// How many of a table's staged rows got which verdict.
package struct Delta: Sendable {
  /// Rows for which nothing is to be done any more, by verdict.
  private var settled: [String: Int]
  /// Rows that stand in the delta table, by verdict.
  private var standing: [String: Int] = [:]
  /// Rows that the target refused in the merge since the delta was made.
  package var refused = 0
  /// Different rows of ours on the target that have the key of a staged row; `nil` where not every staged row was
  /// compared.
  private var found: Int? = 0
  /// Rows of ours that the target has in all; `nil` where the comparison did not count them.
  private var ours: Int?
  /// Protected rows whose marker differs from ours in capitals or blanks only.
  package private(set) var protectedByLook = 0
  /// Rows of ours that the source no longer has could not be looked for: not every staged row tells its key.
  package var leavesDeletesOut = false
  /// Which rows of ours there were when the staged ones were paired (``PairingSQL/standing``).
  package var pairedWith: PairingSQL.Standing?

  package init() { settled = [:] }

  /// - Parameters:
  ///   - classified: the answer to ``DeltaSQL/classify``.
  ///   - isComplete: every staged row was compared.
  package init(classified: QueryResult, isComplete: Bool) {
    settled = Self.numbers(classified)
    let verdicts = classified.rows.filter { $0[0] != nil }
    found = isComplete ? verdicts.map { $0.int(2) ?? 0 }.reduce(0, +) : nil
    ours = classified.rows.first { $0[0] == nil }?.int(1)
    protectedByLook = verdicts.filter { $0[0] == Verdict.protected || $0[0] == Verdict.protectedDifferent }
      .map { $0.int(3) ?? 0 }.reduce(0, +)
  }

  /// Rows of ours that no row of the source stands for, as far as that was counted.
  ///
  /// Where a digest has counted them, that was before: if rows have come or gone since, the sum may come out wrong.
  package func targetOnly(of extracted: ExtractedTable) -> Int? {
    guard let found, let ours = extracted.standing ?? ours else { return nil }
    let rest = ours - extracted.counts.matched - found
    return rest < 0 ? nil : rest
  }

  /// Takes the numbers of the delta table as it stands now.
  package mutating func count(standing answer: QueryResult) { standing = Self.numbers(answer) }

  private static func numbers(_ answer: QueryResult?) -> [String: Int] {
    let rows = (answer?.rows ?? []).compactMap { row in row[0].map { ($0, row.int(1) ?? 0) } }
    return Dictionary(rows.filter { $0.1 > 0 }, uniquingKeysWith: +)
  }

  /// Rows to insert, to update, and so on, by verdict.
  package var verdicts: [String: Int] { settled.merging(standing, uniquingKeysWith: +) }

  /// Rows that stand in the delta table.
  package var kept: Int { standing.values.reduce(0, +) }

  /// Rows of the target that were to go when they were found.
  package var deletes: Int {
    [Verdict.delete, Verdict.deleting, Verdict.deleted].map { verdicts[$0] ?? 0 }.reduce(0, +)
  }

  /// Rows of ours that the target has.
  package func ours(of extracted: ExtractedTable) -> Int { extracted.standing ?? ours ?? 0 }

  package var inserts: Int { verdicts[Verdict.insert] ?? 0 }
  package var updates: Int { verdicts[Verdict.update] ?? 0 }
  /// With those that a trigger has rewritten.
  package var unchanged: Int { (verdicts[Verdict.unchanged] ?? 0) + rewritten }
  package var rewritten: Int { verdicts[Verdict.rewritten] ?? 0 }
  /// With those that differ.
  package var protected: Int { (verdicts[Verdict.protected] ?? 0) + protectedDifferent }
  package var protectedDifferent: Int { verdicts[Verdict.protectedDifferent] ?? 0 }

  package var rejects: [RejectReason: Int] {
    var rejects: [RejectReason: Int] = [:]
    for (verdict, count) in verdicts {
      if let reason = RejectReason(verdict: verdict) { rejects[reason, default: 0] += count }
    }
    return rejects
  }

  package var rejected: Int { rejects.values.reduce(0, +) }
}
