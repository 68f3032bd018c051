import PGTide
import Postgres
import Synchronization
import TerminalProgress

/// Shows a run's events: live bars on a terminal, a line a table elsewhere, nothing with `--quiet` or a JSON log.
///
/// Events come from many threads and are not waited for. Rows on their way are added up, with at most one event a
/// table waiting to be drawn, so that a slow terminal makes nothing grow.
struct ProgressFeed: Sendable {
  private let display: ProgressDisplay
  private let isDryRun: Bool
  /// The error output is a log for machines, which tells everything itself.
  private let isLogged: Bool
  private let log: LogOutput

  init(output: OutputOptions, log: CommandLog, debug: Bool, isDryRun: Bool) {
    self.isDryRun = isDryRun
    isLogged = log.isJSON
    let terminal = FileDescriptorOutput()
    // Statements and bars on one screen would write over each other.
    let mode: ProgressDisplay.Mode =
      output.quiet || log.isJSON
      ? .silent : terminal.isLiveTerminal && !debug && !log.isTalkative ? .live : .plain
    self.log = log.output
    display = ProgressDisplay(mode: mode, output: terminal, color: terminal.wantsColor, tasks: "tables")
  }

  /// Runs `body` with an observer, and draws until it ends.
  func following<R: Sendable>(_ body: @escaping @Sendable (@escaping SyncObserver) async throws -> R) async throws -> R
  {
    let totals = MovedTotals()
    let (events, feed) = AsyncStream.makeStream(of: SyncEvent.self)
    let (lines, said) = AsyncStream.makeStream(of: String.self)
    return try await display.whileDrawing {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { for await event in events { await show(event, totals) } }
        group.addTask { for await line in lines { await display.say(line) } }
        log.divert { said.yield($0) }
        defer {
          log.restore()
          said.finish()
          feed.finish()
        }
        return try await body { event in
          switch event {
          case .staged(let table, let rows, let bytes):
            guard totals.staged.add(table, rows: rows, bytes: bytes) else { return }
          case .spilled(let table, let rows, let bytes):
            guard totals.spilled.add(table, rows: rows, bytes: bytes) else { return }
          default: break
          }
          feed.yield(event)
        }
      }
    }
  }

  private func show(_ event: SyncEvent, _ totals: MovedTotals) async {
    switch event {
    case .planned(let tables):
      await display.expect(tables.map(\.table))
    case .spilled(let table, _, _):
      await update(table, phase: "reading to disk", totals.spilled)
    case .staged(let table, _, _):
      await update(table, phase: "reading", totals.staged)
    case .stageComplete(let table, let rows):
      await display.setTotal(table, units: rows)
    case .comparing(let table):
      await update(table, phase: "comparing", totals.staged)
    case .merging(let table, let rows) where rows > 0:
      await update(table, phase: "merging", totals.staged)
    case .merging:
      break
    case .waiting where isLogged:
      break
    case .waiting(let other):
      log.write("pgtide: waiting; \(other.whoAndSince)")
    case .retrying(let table, let attempt, let error):
      let cause = error.split(separator: "\n").first.map(String.init) ?? error
      await update(table, phase: "trying again", totals.staged)
      await display.note(table, line: "trying again (\(attempt)): \(cause)")
    case .stopped:
      break
    case .finished(let report):
      await display.finish(
        report.table, line: ReportText.line(report, isDryRun: isDryRun), style: ReportText.style(report))
    }
  }

  private func update(_ table: String, phase: String, _ totals: RowTotals) async {
    let total = totals.take(table)
    if total.isFirst { await display.begin(table) }
    await display.update(table, phase: phase, completedUnits: total.rows, bytes: total.bytes)
  }
}

/// What has come to the disk, and what to the stages.
private struct MovedTotals {
  let spilled = RowTotals()
  let staged = RowTotals()
}

/// Rows and bytes of each table so far, added up by those who move them.
private final class RowTotals: Sendable {
  struct Total {
    var rows = 0
    var bytes = 0
    /// An event is waiting to be drawn.
    var isWaiting = false
    var isFirst = true
  }

  private let totals = Mutex<[Identifier: Total]>([:])

  /// Returns whether the display is to be told: not while it has yet to draw an earlier event of the table.
  func add(_ table: String, rows: Int, bytes: Int) -> Bool {
    let table = Identifier(table)
    return totals.withLock { totals in
      var total = totals[table] ?? Total()
      total.rows += rows
      total.bytes += bytes
      defer { totals[table] = total }
      if total.isWaiting { return false }
      total.isWaiting = true
      return true
    }
  }

  func take(_ table: String) -> Total {
    let table = Identifier(table)
    return totals.withLock { totals in
      let total = totals[table] ?? Total()
      totals[table] = Total(rows: total.rows, bytes: total.bytes, isWaiting: false, isFirst: false)
      return total
    }
  }
}
