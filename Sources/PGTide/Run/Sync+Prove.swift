import FoundationEssentials
import Postgres

/// What a run does with `--prove` when all has landed.
extension Sync {
  /// Compares both ends in the run's own snapshot of the source, and keeps both ends' digests in the history. What goes
  /// wrong in it is told as a comparison that failed: what has landed stays.
  ///
  /// - Parameter plan: with all chunks.
  func prove(
    _ plan: SyncPlan, in context: RunContext, leavingOut failures: Set<QualifiedName>, reading source: OpenSource
  ) async throws {
    let start = ContinuousClock.now
    var (tables, notices): ([TableCheck], [String]) = ([], [])
    do {
      tables = try await proved(plan, in: context, leavingOut: failures, reading: source)
    } catch let error where error.endsRun {
      throw error
    } catch {
      notices.append(
        "it could not be proved that both ends are level: \(error.serverError.map { "\($0)" } ?? error.plain)")
    }
    let report = CheckReport(
      outcome: notices.isEmpty ? CheckReport.Outcome(tables) : .failed, flow: plan.flow, tables: tables,
      seconds: start.duration(to: .now).seconds, notices: notices, warnings: [])
    context.reports.note(report)
    context.log.checked(report)
  }

  private func proved(
    _ plan: SyncPlan, in context: RunContext, leavingOut failures: Set<QualifiedName>, reading source: OpenSource
  ) async throws -> [TableCheck] {
    let looking = CheckContext(
      plan: plan, options: Check.Options(), settings: context.settings, targets: context.targets, log: context.log)
    let landed = plan.tables.filter { table in
      let status = context.reports.report(table).status
      return !failures.contains(table.target) && (status == .success || status == .partial)
    }
    let taken = try await ReceiptTaking(context: looking, source: source).take(of: landed)
    let level = Set(taken.filter(\.isLevel).map(\.table.target))
    let run = CheckRun(
      looking, tables: landed.filter { !level.contains($0.target) }, sessions: sessions, source: .held(source))
    let compared = try await run.run()
    var tables: [TableCheck] = []
    var receipt = Receipt(tables: [])
    for table in landed {
      guard let taken = taken.first(where: { $0.table.target == table.target }) else { continue }
      var check =
        compared.first { $0.table == table.label } ?? TableCheck(label: table.label, source: table.source.description)
      if case .success(let ends) = taken.ends {
        if taken.isLevel { (check.comparison, check.level) = (.digest, ends.source.rows) }
        receipt.tables.append(
          Receipt.Table(
            table: table.label, source: ends.source, target: ends.target, isLevel: check.status == .level))
      }
      tables.append(check)
    }
    tables += notLanded(plan, in: context, but: landed)
    guard !landed.isEmpty else { return tables }
    let json = String(decoding: try JSONEncoder().encode(receipt), as: UTF8.self)
    try await context.lock.holder.query(HistorySQL.keep(receipt: json, run: context.run))
    return tables
  }

  /// Of these nothing is proved.
  private func notLanded(_ plan: SyncPlan, in context: RunContext, but landed: [TablePlan]) -> [TableCheck] {
    let others = plan.tables.filter { table in !landed.contains { $0.target == table.target } }
    return
      (others.map { TableCheck(label: $0.label, source: $0.source.description) }
      + plan.held.map { TableCheck(label: $0.label, source: "") })
      .map { check in
        var check = check
        check.fail("it did not land, so nothing is proved of it")
        return check
      }
  }
}
