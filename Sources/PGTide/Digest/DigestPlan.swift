import Postgres

/// Whether both ends can say in short what their rows look like, so that rows which the target has already need not be
/// read one by one.
///
/// A table's rows are dealt out to buckets by their key. Each end counts the rows of each bucket and puts a hash of every
/// row together. Where both come to the same, the bucket's rows stand on the target as they are on the source.
struct DigestPlan: Sendable {
  /// Why all rows are read, where they are.
  let reasonForReading: String?
  /// A power of two.
  let buckets: Int
  /// How many neighbouring keys share a bucket.
  let rowsPerBucket: Int
  /// How the key chooses the bucket.
  let keyForm: KeyForm

  enum KeyForm: Sendable {
    /// Rows with neighbouring keys share a bucket, because rows that are made together are often changed together.
    case integer
    case numeric
    /// Any other key.
    case hashed
  }

  /// A bucket that differs in one row is read as a whole: small buckets save rows.
  static let rowsPerBucket = 16
  /// Each end's answer is held in memory, some hundred bytes a bucket.
  static let mostBuckets = 1 << 15

  init(
    reasonForReading: String?, estimatedRows: Int, rowsPerBucket: Int = rowsPerBucket, keyForm: KeyForm = .hashed
  ) {
    self.reasonForReading = reasonForReading
    self.rowsPerBucket = rowsPerBucket
    self.keyForm = keyForm
    var buckets = 1
    while buckets < Self.mostBuckets, buckets * rowsPerBucket < estimatedRows { buckets *= 2 }
    self.buckets = buckets
  }

  /// One line for the plan.
  func summary(isAlone: Bool) -> String {
    let reason = reasonForReading ?? (isAlone ? nil : "it merges together with others")
    return reason.map { "none: \($0)" } ?? "what is level already is not read"
  }
}
