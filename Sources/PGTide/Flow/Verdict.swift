import Postgres

/// What the delta says of a staged row, as it stands in the delta table: one of four words, or a reject's reason with
/// what it is about.
enum Verdict {
  static let insert = "insert"
  static let update = "update"
  static let unchanged = "unchanged"
  static let protected = "protected"
  /// Unchanged, though it differs: a trigger of the target made this of it, and neither side has changed since.
  static let rewritten = "rewritten"
  /// Of a row in its short form, which is no reject: the whole row has to come. No delta that is finished has it.
  static let heldBack = "held back"

  /// The verdict of a row that is rejected, such as `does not fit: name`.
  static func reject(_ reason: RejectReason, _ subject: String = "") -> String {
    subject.isEmpty ? reason.rawValue : "\(reason.rawValue): \(subject)"
  }
}

/// Why a row is rejected, in the order in which the reasons are looked for.
public enum RejectReason: String, Sendable, CaseIterable, Codable {
  case duplicateKey = "duplicate key"
  case nullKey = "NULL in the key"
  case nullValue = "NULL in a NOT NULL column"
  case doesNotFit = "does not fit"
  case missingParent = "missing parent"
  /// An update of it would write to rows that are not ours, through a foreign key of theirs.
  case changesReferrers = "would change rows that refer to it"
  /// Found in the merge only: a constraint or a trigger of the target said no.
  case refusedByTarget = "refused by the target"
  /// Found in the merge only: a BEFORE trigger of the target returned NULL.
  case leftOut = "left out by a trigger"

  /// The reason in a verdict; `nil` for one that is no reject.
  init?(verdict: String) {
    let reason = verdict.split(separator: ":", maxSplits: 1).first.map(String.init) ?? verdict
    self.init(rawValue: reason)
  }

  /// What a user can do about it.
  public var advice: String {
    switch self {
    case .duplicateKey: "Several source rows have this key. Clean them up, or say under `duplicates` which one counts."
    case .nullKey: "The source row has no key, so it cannot be matched. Give it one, or leave it out with `where`."
    case .nullValue: "The target wants a value here. Fill it on the source, or by an expression under `columns`."
    case .doesNotFit:
      "The target's column cannot hold the value as it is. Widen it, or shorten the value by an expression."
    case .missingParent:
      "The row that it refers to is not on the target. Add the parent on the source, or correct the reference."
    case .changesReferrers:
      "Rows that are not ours refer to it by a foreign key with ON UPDATE CASCADE, SET NULL or SET DEFAULT. Let it keep its "
        + "key on the source, or say `on_update: allow` for the table."
    case .refusedByTarget:
      "A constraint or a trigger of the target refused the row; `message` in pgtide.rejects has the server's words. "
        + "Correct the row on the source, or the rule on the target."
    case .leftOut:
      "A BEFORE trigger of the target skipped the row without a word. Leave such rows out with `where`, or change the "
        + "trigger."
    }
  }
}
