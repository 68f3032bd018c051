import Postgres

/// What becomes of tables whose direct load something got in the way of.
extension DirectLoad {
  /// Leaves the tables as they were found, as far as their owner can: the rows that were rolled back take room in them.
  /// Those that are not to be tried again get their stages. Returns the one that stood in the way.
  ///
  /// - Parameter isStaged: the rows will go through the stage, of which the report tells.
  func giveUp(
    _ tables: [TablePlan], _ progress: Progress, because error: any Error, isStaged: Bool = true
  ) async throws -> QualifiedName? {
    try await extraction.source?.checkOwner()
    let culprit = culprit(among: tables, error)
    let cause = (error as? DirectLoadFailure)?.cause ?? error
    for table in tables {
      let copied = progress.total(table.target)
      context.observer(.staged(table: table.label, rows: -copied.rows, bytes: -copied.bytes))
      context.reports.change(table) { $0 = TableReport(table) }
      guard culprit == nil || culprit == table.target else { continue }
      context.log.directLoadGivenUp(table, cause)
      guard isStaged else { continue }
      context.reports.change(table) { report in
        report.notices.append("loaded through the stage, because a direct load was given up: \(cause.inOneLine)")
      }
    }
    let filled = tables.filter { progress.total($0.target).rows > 0 && $0.analysis.isAllowed }
    if !filled.isEmpty {
      let names = filled.map { "\($0.target)" as SQL }.joined(separator: ", ")
      _ = try? await context.targets.lend { try await $0.query("VACUUM (SKIP_LOCKED) \(names)") }
    }
    // A table of several may be given up without being the culprit: when that happens for the second time.
    if isStaged { await makeStages(tables) }
    return culprit
  }

  private func makeStages(_ tables: [TablePlan]) async {
    do {
      try await context.retryingSilently { try await merge.makeStages(for: tables) }
    } catch {
      for table in tables {
        extraction.ledger.fail(table.target, SyncError(error, table: table.target, while: "given a stage"))
      }
    }
  }

  private func culprit(among tables: [TablePlan], _ error: any Error) -> QualifiedName? {
    if tables.count == 1 { return tables[0].target }
    // A lock that somebody else holds, rows that cannot be read or written, or a COPY that cannot begin.
    if let statement = error.serverError?.statement,
      let table = tables.first(where: { TableLoad($0, isTogether: true).isAbout(statement) })
    {
      return table.target
    }
    return (error as? DirectLoadFailure)?.culprit
  }
}
