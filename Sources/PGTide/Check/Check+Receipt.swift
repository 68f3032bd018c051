import FoundationEssentials
import Postgres

extension Check {
  /// Whether either end has moved since a run with ``Sync/Options/proves`` had landed.
  ///
  /// Throws: as ``run()`` does; ``SyncError`` where the run has left no receipt.
  public func compare(receipt number: Int) async throws -> ReceiptReport {
    try configuration.validate()
    let start = ContinuousClock.now
    return try await ServerError.naming {
      try await sessions.withBothEnds { source, target in
        let (receipt, provedAt) = try await receipt(of: RunIdentity(id: "\(number)"), on: target)
        let plan = try await plan(source: source, target: target)
        let targets = targets
        let context = context(plan, targets)
        let result = await Result.of {
          try await SourceHolding.owner(source).withSource(context, sessions) { source, failures in
            let tables = plan.tables.filter { failures[$0.target] == nil }
            return (try await ReceiptTaking(context: context, source: source).take(of: tables), failures)
          }
        }
        await targets.close()
        let (taken, failures) = try result.get()
        return ReceiptReport(
          run: "\(number)", provedAt: provedAt, tables: tables(of: plan, receipt, taken, failures),
          seconds: start.duration(to: .now).seconds, notices: plan.notices)
      }
    }
  }

  private func receipt(of run: RunIdentity, on target: Connection) async throws -> (Receipt, provedAt: String) {
    let answer: QueryResult
    do {
      answer = try await target.query(HistorySQL.receipt(of: run))
    } catch let error as PostgresError where ["42P01", "42703", "3F000"].contains(error.sqlState) {
      throw SyncError(
        message: "the target has no receipts", advice: "A run with `pgtide sync --prove` leaves one", cause: error)
    }
    guard let row = answer.rows.first, row.text(1).isSame(as: configuration.flow) else {
      throw SyncError(
        message: "the flow \(configuration.flow) has no run \(run.id)", advice: "Look for its runs in pgtide.runs")
    }
    guard let json = row[0], let receipt = try? JSONDecoder().decode(Receipt.self, from: Data(json.utf8)) else {
      throw SyncError(
        message: "run \(run.id) has left no receipt", advice: "Only a run with `pgtide sync --prove` does")
    }
    return (receipt, row.text(2))
  }

  private func tables(
    of plan: SyncPlan, _ receipt: Receipt, _ taken: [ReceiptTaking.Taken], _ failures: [QualifiedName: SyncError]
  ) -> [ReceiptReport.Table] {
    plan.tables.compactMap { table -> ReceiptReport.Table? in
      guard let was = receipt.tables.first(where: { $0.table.isSame(as: table.label) }) else {
        return ReceiptReport.Table(
          table: table.label, wasLevel: false, source: .unknown, target: .unknown, reason: "the run did not prove it")
      }
      func unknown(_ reason: String) -> ReceiptReport.Table {
        ReceiptReport.Table(
          table: table.label, wasLevel: was.isLevel, source: .unknown, target: .unknown, reason: reason)
      }
      if let failure = failures[table.target] { return unknown("\(failure)") }
      guard let taken = taken.first(where: { $0.table.target == table.target }) else { return nil }
      switch taken.ends {
      case .failure(let error): return unknown(error.plain)
      case .success(let ends):
        let (source, target) = (end(was.source, ends.source), end(was.target, ends.target))
        let cannotTell = source == .unknown || target == .unknown
        return ReceiptReport.Table(
          table: table.label, wasLevel: was.isLevel, source: source, target: target,
          reason: cannotTell ? "the configuration or the table has changed since, or pgtide itself" : nil)
      }
    }
      + plan.held.map {
        ReceiptReport.Table(
          table: $0.label, wasLevel: false, source: .unknown, target: .unknown, reason: "\($0.error)")
      }
  }

  private func end(_ was: Receipt.End, _ now: Receipt.End) -> ReceiptReport.End {
    was.statement != now.statement ? .unknown : was.isLevel(with: now) ? .unmoved : .moved
  }
}
