/// Finds the buckets of a table that differ: the whole first, then groups of buckets, then the buckets of the groups that
/// differ. If these are full, they are split once more.
///
/// It is a value that says what to ask and takes the answers, and needs no server.
package struct DigestSearch: Sendable {
  private let plan: DigestPlan
  private let source: DigestWhole
  private let bytesPerRow: Int
  /// Rows of ours on the target.
  private let standing: Int
  /// What is asked next; `nil` when the outcome is known.
  package private(set) var question: DigestQuestion?
  package private(set) var outcome: DigestOutcome
  /// What the source has said, in all, of the groups that are asked about.
  private var said: Int64
  /// Buckets differ, too, in which only the target has rows.
  private let seesTargetOnly: Bool

  /// - Parameter bytesPerRow: about how many bytes it takes to read a row.
  /// - Parameter seesTargetOnly: buckets in which only the target has rows are to be looked at, though there is nothing to
  ///   read of them. They are in any case where the plan looks for such rows.
  package init(
    plan: DigestPlan, source: DigestWhole, target: DigestWhole, bytesPerRow: Int, seesTargetOnly: Bool = false
  ) {
    self.plan = plan
    self.seesTargetOnly = seesTargetOnly || plan.seeksLeftovers
    self.source = source
    self.bytesPerRow = bytesPerRow
    said = source.look
    standing = target.rows
    outcome = DigestOutcome(matched: source.rows, standing: standing, buckets: plan.buckets)
    if source == target || (source.rows == 0 && !self.seesTargetOnly) { return }
    if target.rows == 0 || source.rows == 0 {
      outcome = DigestOutcome(
        matched: 0, toRead: source.rows, standing: standing, differing: [0], buckets: 1)
      return
    }
    let parts = plan.isKept ? plan.buckets / plan.shape.fan : plan.buckets
    question = DigestQuestion(
      groups: [0], groupCount: 1, partCount: parts, asksForRows: !plan.isKept, looksAtRows: !plan.isKept)
  }

  /// Throws: ``SyncError`` if the answers leave out rows of the source.
  package mutating func take(source here: DigestAnswer, target there: DigestAnswer) throws {
    guard let asked = question else { return }
    let parts = asked.parts
    guard here.says.count == parts.count, there.says.count == parts.count,
      !asked.asksForRows || here.rows.count == parts.count
    else { throw Self.incomplete("\(here.says.count) and \(there.says.count) of \(parts.count) parts") }
    if asked.looksAtRows {
      let (rows, all) = (here.rows.reduce(0, +), asked.groupCount == 1 ? source.rows : outcome.toRead)
      guard rows == all else { throw Self.incomplete("\(rows) of \(all) rows") }
    } else {
      guard here.says.reduce(0, ^) == said else { throw Self.incomplete("parts that do not make up the whole") }
    }
    question = nil
    let differing = parts.indices.filter { here.says[$0] != there.says[$0] }
    if !asked.asksForRows {
      said = differing.reduce(0) { $0 ^ here.says[$1] }
      question = DigestQuestion(
        groups: differing.map { parts[$0] }, groupCount: asked.partCount, partCount: plan.buckets, asksForRows: true,
        looksAtRows: false)
      return
    }
    // What only the target has is nothing to read.
    let wanted = differing.filter { seesTargetOnly || here.rows[$0] > 0 }
    let toRead = wanted.reduce(0) { $0 + here.rows[$1] }
    outcome = DigestOutcome(
      matched: source.rows - toRead, toRead: toRead, standing: standing, differing: wanted.map { parts[$0] },
      buckets: asked.partCount)
    if asked.partCount == plan.buckets { split() }
  }

  /// Splits the buckets that differ, if that saves more than it costs.
  private mutating func split() {
    guard !outcome.isLevel, outcome.isWorthNarrowing, outcome.toRead * bytesPerRow > plan.shape.bytesToSplit else {
      return
    }
    let full = outcome.toRead / outcome.differing.count / plan.shape.rowsPerBucket
    guard full >= 4 else { return }
    var parts = 1
    while parts < full { parts *= 2 }
    guard parts * outcome.differing.count <= DigestShape().mostBuckets else { return }
    question = DigestQuestion(
      groups: outcome.differing, groupCount: plan.buckets, partCount: plan.buckets * parts, asksForRows: true,
      looksAtRows: true)
  }

  private static func incomplete(_ what: String) -> SyncError {
    SyncError(
      message: "the digest's buckets say too little: \(what)", advice: "Report this; all rows are read instead")
  }
}
