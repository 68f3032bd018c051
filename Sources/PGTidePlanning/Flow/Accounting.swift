/// The sums that every run must come to. Each check returns what does not match; `nil` when every row is accounted for.
package enum Accounting {
  /// Before anything is written.
  ///
  /// - Parameter standing: rows that the stage holds now, counted in the merge's own transaction.
  package static func stageMismatch(_ counts: RowCounts, standing: Int) -> String? {
    if counts.read != counts.matched + counts.staged {
      let matched = counts.matched == 0 ? "" : "\(counts.matched) matched by their digest and "
      return "\(CountedWords.rows(counts.read, "was", "were")) read, but \(matched)\(counts.staged) staged"
    }
    if standing != counts.staged {
      return
        "\(CountedWords.rows(counts.staged, "was", "were")) staged, but the stage holds \(standing): the target may have restarted"
    }
    return nil
  }

  /// Before rows are deleted.
  ///
  /// - Parameter standing: rows that are to go, as the delta has them now.
  package static func deletesMismatch(_ found: Int, standing: Int) -> String? {
    guard standing != found else { return nil }
    return
      "\(CountedWords.rows(found, "was", "were")) to be deleted, but the delta holds \(standing): the target may have restarted"
  }

  /// Before what was written is committed.
  package static func mergeMismatch(_ counts: RowCounts) -> String? {
    let sum = counts.inserted + counts.updated + counts.unchanged + counts.protected + counts.rejected
    guard sum != counts.staged + counts.matched else { return nil }
    let matched = counts.matched == 0 ? "" : " and \(counts.matched) matched by their digest"
    return
      "\(CountedWords.rows(counts.staged, "was", "were")) staged\(matched), but \(counts.inserted) inserted, \(counts.updated) updated, "
      + "\(counts.unchanged) unchanged, \(counts.protected) protected and \(counts.rejected) rejected are \(sum)"
  }
}
