/// What of a table's counts is likely to be a mistake, though it landed.
extension TableReport {
  /// - Parameters:
  ///   - ours: the value of the marker that makes a row ours; `nil` where every row is.
  ///   - past: what the history says of the table.
  ///   - deletes: what the source no longer has is deleted.
  ///   - hasScope: but only within its scope.
  ///   - lookedUpKeys: columns by which its rows are known, and whose values are looked up.
  package func findings(
    ours: String?, past: TablePast, deletes: Bool, hasScope: Bool = false, lookedUpKeys: [String] = []
  ) -> [String] {
    guard status == .success || status == .partial else { return [] }
    let leftovers = deletes ? [stayed, leftOut(lookedUpKeys, hasScope: hasScope)] : [leftovers]
    return ([protection(ours: ours), loss(past, deletes: deletes)] + leftovers).compactMap(\.self)
  }

  /// A marker that is written in another way than configured makes every row the other side's.
  private func protection(ours: String?) -> String? {
    guard let ours, counts.protected > 0 else { return nil }
    if let alike = protectedByLook {
      return
        "\(CountedWords.rows(alike, "is", "are")) protected only because the marker differs from `ours: \(ours)` in capitals "
        + "or blanks, so nothing was written there. Correct `ours` under `origin`, or the marker"
    }
    // Where something is inserted, a few rows of the other side are nothing unusual; nor is one row at any time.
    guard counts.updated + counts.unchanged == 0, counts.protected >= max(2, counts.inserted) else { return nil }
    return
      "no row of the target is ours where the source has one: all of them, \(counts.protected), are protected. Look "
      + "whether `ours: \(ours)` under `origin` is what the marker holds in rows that come from the source"
  }

  private func loss(_ past: TablePast, deletes: Bool) -> String? {
    guard let before = past.rowsRead, past.hasLostRows(counts.read) else { return nil }
    return "the source has lost more than 5 % of its rows: \(counts.read) were read, and \(before) in the last run in "
      + "which the table landed." + (deletes ? "" : " What has gone there stays on the target")
  }

  private var leftovers: String? {
    guard let rows = counts.targetOnly, rows > 0 else { return nil }
    return
      "\(CountedWords.rows(rows, "of ours stands", "of ours stand")) on the target only: no row that was read from the source "
      + "has the same key. Nothing is deleted"
  }

  /// Rows that were to go.
  private var stayed: String? {
    guard counts.kept > 0 else { return nil }
    let what = "of ours that the source no longer has"
    return
      "\(CountedWords.rows(counts.kept, "\(what) stays", "\(what) stay")): rows that are not going refer to "
      + (counts.kept == 1
        ? "it, or a trigger or another session has kept it"
        : "them, or a trigger or another session has kept them")
      + " (pgtide.protected lists \(counts.kept == 1 ? "it" : "them"))"
  }

  /// Rows that were not looked for.
  private func leftOut(_ lookedUpKeys: [String], hasScope: Bool) -> String? {
    guard let rows = counts.targetOnly, rows > counts.deleted + counts.kept else { return nil }
    let found = CountedWords.rows(
      rows - counts.deleted - counts.kept, "of ours stands on the target only, and was",
      "of ours stand on the target only, and were")
    let lookups = [RejectReason.missingLookup, .ambiguousLookup].map { rejectReasons[$0.words] ?? 0 }.reduce(0, +)
    guard lookups > 0, !lookedUpKeys.isEmpty else {
      // Where each row tells its key, the scope is why, and nothing to warn of (``outsideScope``).
      guard !hasScope || counts.rejected > 0 else { return nil }
      return "\(found) not to be deleted: outside `scope`, or not every row of the source tells its key"
    }
    let unknown = CountedWords.rows(
      lookups, "of the source whose lookup has failed", "of the source whose lookups have failed")
    return
      "\(found) not to be deleted: outside `scope`, or like one of \(unknown). Rows are known by "
      + "\(lookedUpKeys.joined(separator: ", ")), which \(lookedUpKeys.count == 1 ? "is" : "are") looked up; "
      + "pgtide.rejects lists those of the source"
  }

  /// A remark on rows that the scope leaves out of what is deleted.
  package func outsideScope(of deletes: DeletePlan?) -> String? {
    guard deletes?.scope != nil, counts.rejected == 0, status == .success || status == .partial,
      let rows = counts.targetOnly, rows > counts.deleted + counts.kept
    else { return nil }
    return CountedWords.rows(
      rows - counts.deleted - counts.kept, "of ours stands on the target only, outside `scope`",
      "of ours stand on the target only, outside `scope`")
  }
}
