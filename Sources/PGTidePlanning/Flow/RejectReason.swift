/// Why a row is rejected, in the order in which the reasons are looked for. The value is its code in a `Verdict`.
public enum RejectReason: String, Sendable, CaseIterable {
  case duplicateKey = "duplicate_key"
  /// A lookup finds no row.
  case missingLookup = "missing_lookup"
  /// The rows that a lookup finds have several values.
  case ambiguousLookup = "ambiguous_lookup"
  case nullKey = "null_key"
  case nullValue = "null_value"
  case doesNotFit = "does_not_fit"
  case missingParent = "missing_parent"
  /// An update of it would write to rows that are not ours, through a foreign key of theirs.
  case changesReferrers = "changes_referrers"
  /// Found in the merge only: a constraint or a trigger of the target said no.
  case refusedByTarget = "refused_by_target"
  /// Found in the merge only: a row of ours that the source lacks holds its unique value.
  case heldByStaleRow = "held_by_stale_row"
  /// Found in the merge only: a BEFORE trigger of the target returned NULL.
  case leftOut = "left_out"

  /// The reason in a verdict; `nil` for one that is no reject.
  package init?(verdict: String) {
    let code = String(Substring(verdict.unicodeScalars.prefix { $0 != ":" }))
    self.init(rawValue: code == Verdict.unreadableCode ? Self.doesNotFit.rawValue : code)
  }

  /// The reason as people read it: in the report, in `pgtide.rejects` and in the log. Scripts look for it there, so that it
  /// stays as it is.
  public var words: String {
    switch self {
    case .duplicateKey: "duplicate key"
    case .missingLookup: "lookup without a row"
    case .ambiguousLookup: "ambiguous lookup"
    case .nullKey: "NULL in the key"
    case .nullValue: "NULL in a NOT NULL column"
    case .doesNotFit: "does not fit"
    case .missingParent: "missing parent"
    case .changesReferrers: "would change rows that refer to it"
    case .refusedByTarget: "refused by the target"
    case .heldByStaleRow: "unique value held by a stale row"
    case .leftOut: "left out by a trigger"
    }
  }

  /// The reason that a report names by its words.
  public init?(words: String) {
    guard let reason = Self.allCases.first(where: { $0.words == words }) else { return nil }
    self = reason
  }

  /// What a user can do about it.
  public var advice: String {
    switch self {
    case .duplicateKey: "Several source rows have this key. Clean them up, or say under `duplicates` which one counts."
    case .missingLookup:
      "The table that is looked into has no such row. Add it there, correct the source row, or say `missing: null` for the "
        + "lookup."
    case .ambiguousLookup:
      "The rows that are found have several values, so that none is known to be the right one. Clean them up, or name more "
        + "columns under `by`."
    case .nullKey: "The source row has no key, so it cannot be matched. Give it one, or leave it out with `where`."
    case .nullValue: "The target wants a value here. Fill it on the source, or by an expression under `columns`."
    case .doesNotFit:
      "The target's column cannot hold the value as it is. Widen it, or shorten the value by an expression."
    case .missingParent:
      "The row that it refers to is not on the target, or was rejected itself. Correct that row or the reference on the "
        + "source, or add the parent's table to the run."
    case .changesReferrers:
      "Rows that are not ours refer to it by a foreign key with ON UPDATE CASCADE, SET NULL or SET DEFAULT. Let it keep its "
        + "key on the source, or say `on_update: allow` for the table."
    case .refusedByTarget:
      "A constraint or a trigger of the target refused the row; `message` in pgtide.rejects has the server's words. "
        + "Correct the row on the source, or the rule on the target."
    case .heldByStaleRow:
      "A row of ours that the source no longer has, or that is not read, holds its unique value; `message` in pgtide.rejects "
        + "names it. Nothing is wrong with the row itself: delete the stale row on the target, or say `deletes: remove`."
    case .leftOut:
      "A BEFORE trigger of the target skipped the row without a word. Leave such rows out with `where`, or change the "
        + "trigger."
    }
  }
}
