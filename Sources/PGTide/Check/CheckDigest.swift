import Postgres

/// Asks both ends for the digests of tables, so that rows which are the same are not read.
///
/// Other than that of a run (``DigestPhase``) it looks for rows of the target that the source lacks, too.
struct CheckDigest: Sendable {
  let context: CheckContext
  let source: OpenSource

  /// What the digests say of these tables. A table that is missing in the answer has to be read as a whole.
  func outcomes(of tables: [CheckTable]) async throws -> [QualifiedName: DigestOutcome] {
    let asked = tables.filter { $0.plan.digest.reasonForReading == nil }
    return try await withThrowingTaskGroup(of: [QualifiedName: DigestOutcome].self) { workers in
      for share in shares(of: asked) {
        workers.addTask {
          var outcomes: [QualifiedName: DigestOutcome] = [:]
          for part in share.parts(of: Self.mostTogether) {
            outcomes.merge(try await compare(part)) { first, _ in first }
          }
          return outcomes
        }
      }
      return try await workers.reduce(into: [:]) { all, found in all.merge(found) { first, _ in first } }
    }
  }

  /// How many tables are asked about in one message.
  private static let mostTogether = 200

  /// The tables, dealt out so that all workers have about the same to do.
  private func shares(of tables: [CheckTable]) -> [[CheckTable]] {
    var shares = Array(repeating: (bytes: 0, tables: [CheckTable]()), count: min(context.settings.jobs, tables.count))
    for table in tables.sorted(by: { $0.plan.estimatedBytes > $1.plan.estimatedBytes }) {
      let least = shares.indices.min { shares[$0].bytes < shares[$1].bytes } ?? 0
      shares[least].bytes += table.plan.estimatedBytes
      shares[least].tables.append(table)
    }
    return shares.map(\.tables)
  }

  private func compare(_ tables: [CheckTable]) async throws -> [QualifiedName: DigestOutcome] {
    do {
      let outcomes = try await source.lend { here in
        try await context.targets.lend { there in
          let outcomes = try await search(tables, here, there)
          try await there.batch(["ROLLBACK"])
          return outcomes
        }
      }
      // What was read after the owner had lost its locks proves nothing.
      try await source.checkOwner()
      return Dictionary(zip(tables.map(\.name), outcomes), uniquingKeysWith: { first, _ in first })
    } catch let error where error.endsRun {
      throw error
    } catch {
      for table in tables { context.log.digestGivenUp(table.plan, error) }
      return [:]
    }
  }

  private func search(
    _ tables: [CheckTable], _ here: Connection, _ there: Connection
  ) async throws -> [DigestOutcome] {
    let statements = tables.enumerated().map { DigestSQL(table: $1.plan, place: $0) }
    func wholes(_ end: DigestSQL.End) -> Question<[DigestWhole]> {
      .each(statements.map { Question($0.whole(end), DigestWhole.init) })
    }
    let withoutKey = Question.each(
      tables.map { table in
        CheckSQL(table: table.plan, place: table.place).countWithoutKey
          .map { Question($0) { $0.rows.first?.int(0) ?? 0 } } ?? .known(0)
      })
    async let sources = here.ask(DigestSQL.onSource(statements, wholes(.source)))
    async let targets = there.ask(
      .all(.running([CheckContext.beginLooking, SessionPins.comparison.statement]), wholes(.target), withoutKey))
    let (_, standing, strays) = try await targets
    var searches = try await zip(tables, zip(sources, standing)).map { table, answers in
      DigestSearch(
        plan: table.plan.digest, source: answers.0, target: answers.1,
        bytesPerRow: table.plan.source.bytes / max(1, answers.0.rows), seesTargetOnly: true)
    }
    while let next = try await searches.answered(statements, here, there) { searches = next }
    return zip(searches, strays).map { search, strays in
      var outcome = search.outcome
      outcome.withoutKey = strays
      return outcome
    }
  }
}
