extension TableReport {
  /// What the delta says will be done; the merge replaces it by what was done.
  package mutating func take(_ delta: Delta, of extracted: ExtractedTable) {
    counts.inserted = delta.inserts
    counts.updated = delta.updates
    counts.unchanged = delta.unchanged + counts.matched
    counts.rewritten = delta.rewritten
    counts.protected = delta.protected
    counts.rejected = delta.rejected
    counts.targetOnly = delta.targetOnly(of: extracted)
    counts.deleted = delta.deletes
    counts.kept = 0
    protectedDifferent = delta.protectedDifferent > 0 ? delta.protectedDifferent : nil
    protectedByLook = delta.protectedByLook > 0 ? delta.protectedByLook : nil
    rejectReasons = Dictionary(uniqueKeysWithValues: delta.rejects.map { ($0.key.words, $0.value) })
  }
}
