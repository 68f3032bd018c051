import PostgresValues

/// Whether both ends can say in short what their rows look like, so that rows which the target has already need not be
/// read one by one.
///
/// A table's rows are dealt out to buckets by their key. Each end counts the rows of each bucket and puts a hash of every
/// row together. Where both come to the same, the bucket's rows stand on the target as they are on the source.
package struct DigestPlan: Sendable {
  /// Why all rows are read, where they are.
  package var reasonForReading: String?
  package let shape: DigestShape
  /// A power of two.
  package let buckets: Int
  /// How the key chooses the bucket.
  package let keyForm: KeyForm
  /// What only the target has is looked for, too.
  package let seeksLeftovers: Bool

  package enum KeyForm: Sendable {
    /// Rows with neighbouring keys share a bucket, because rows that are made together are often changed together.
    case integer
    case numeric
    /// Any other key.
    case hashed
  }

  package init(
    reasonForReading: String?, estimatedRows: Int, shape: DigestShape = DigestShape(), keyForm: KeyForm = .hashed,
    seeksLeftovers: Bool = false
  ) {
    self.reasonForReading = reasonForReading
    self.shape = shape
    self.keyForm = keyForm
    self.seeksLeftovers = seeksLeftovers
    var buckets = 1
    while buckets < shape.mostBuckets, buckets * shape.rowsPerBucket < estimatedRows { buckets *= 2 }
    self.buckets = buckets
  }

  /// Each end keeps the buckets in its session, to be asked about them. Those of a small table are soon made again, and
  /// it has few enough to be told all at once.
  package var isKept: Bool { buckets > 2 * shape.fan }

  /// One line for the plan.
  package func summary(isAlone: Bool) -> String {
    let reason = reasonForReading ?? (isAlone ? nil : "it merges together with others")
    return reason.map { "none: \($0)" } ?? "rows that are the same already are not read"
  }
}
