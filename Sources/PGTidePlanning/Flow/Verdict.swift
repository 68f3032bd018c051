/// What the delta says of a staged row, as it stands in the delta table: a code, and of a reject what it is about.
///
/// A code is of small letters and underscores, and a colon ends it where something follows: `null_value:name` is about the
/// column `name`. So what follows may be any text, colons and all. What people read is worded elsewhere:
/// ``RejectReason/words`` and the messages of ``RejectSQL``.
package enum Verdict {
  package static let insert = "insert"
  package static let update = "update"
  package static let unchanged = "unchanged"
  package static let protected = "protected"
  /// Protected, and the source's row would make it look different.
  package static let protectedDifferent = "protected_different"
  /// Unchanged, though it differs: a trigger of the target made this of it, and neither side has changed since.
  package static let rewritten = "rewritten"
  /// Of a row of the target: it is ours, and the source no longer has it.
  package static let delete = "delete"
  /// The same, of a row that this transaction has locked to delete it.
  package static let deleting = "deleting"
  /// The same, of a row that this transaction has deleted.
  package static let deleted = "deleted"
  /// Of a row in its short form, which is no reject: the whole row has to come. No delta that is finished has it.
  package static let heldBack = "held_back"

  /// The verdict of a row that is rejected: its reason, with the column or the reference that it is about, if any.
  package static func reject(_ reason: RejectReason, _ subject: String = "") -> String {
    subject.isEmpty ? reason.rawValue : reject(reason, about: subject)
  }

  /// The same with whatever `subject` holds, so that without one it is what stands in front of a subject.
  package static func reject(_ reason: RejectReason, about subject: String) -> String {
    "\(reason.rawValue):\(subject)"
  }

  /// The verdict of a row with a text that is none for the other end: ``RejectReason/doesNotFit``, but told by another
  /// message.
  package static func unreadable(_ column: String) -> String { "\(unreadableCode):\(column)" }

  static let unreadableCode = "unreadable"
}
