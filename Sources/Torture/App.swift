import Postgres

/// The app on the target: inserts, claims, edits and deletes rows all the time, and remembers what it committed.
///
/// A commit of which it was not told, because the server went down, is looked up: every transaction also leaves an entry
/// in a table of the app's own.
actor App {
  private let options: ConnectionOptions
  private(set) var ledger = AppLedger()
  /// Rows of its own that the app did not find as it had left them.
  private(set) var complaints: [String] = []
  var writer: AppWriter

  private var connection: Connection?
  private var uncertain: (entry: Int, changes: [AppLedger.Change])?
  private var isPaused = false
  private var resting: CheckedContinuation<Void, Never>?
  private var whoeverPauses: CheckedContinuation<Void, Never>?
  private(set) var transactions = 0

  init(connectionString: String, seed: UInt64) {
    options = ConnectionOptions(
      label: "app", connectionString: connectionString, applicationName: "app", settings: [("lock_timeout", "5000")])
    writer = AppWriter(seed: seed)
  }

  /// Works until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      if isPaused { await rest() }
      do {
        try await transact()
        try await Task.sleep(for: writer.pause())
      } catch is CancellationError {
        break
      } catch let error as PostgresError where error.kind == .statement {
        // A deadlock, a key that is taken, a parent that others refer to: such is life.
        await connection?.rollBack()
      } catch {
        // The server is down; it comes back.
        await connection?.close()
        connection = nil
        try? await Task.sleep(for: .milliseconds(20))
      }
    }
    await connection?.close()
    whoeverPauses?.resume()
  }

  private func transact() async throws {
    let connection = try await connected()
    if let uncertain { try await settle(uncertain, on: connection) }
    try await connection.query("BEGIN")
    var changes: [AppLedger.Change] = []
    let entry = writer.nextEntry()
    for work in writer.transaction(ledger) {
      let answer = try await connection.query(work.statement)
      if work.mustFindOne, answer.affectedRows != 1 {
        complaints.append("the app's row \(work.key) of \(work.table) is gone or not its own any more")
      }
      if let change = work.change(answer) { changes.append(change) }
      if let pause = writer.pauseInTransaction() { try await Task.sleep(for: pause) }
    }
    try await connection.query("INSERT INTO public.app_log VALUES (\(entry))")
    uncertain = (entry, changes)
    try await connection.query("COMMIT")
    uncertain = nil
    ledger.commit(changes)
    transactions += 1
  }

  private func connected() async throws -> Connection {
    if let connection, await connection.isUsable { return connection }
    let opened = try await Connection.open(options)
    connection = opened
    return opened
  }

  /// Whether a COMMIT without an answer took place.
  private func settle(_ open: (entry: Int, changes: [AppLedger.Change]), on connection: Connection) async throws {
    let answer = try await connection.query("SELECT FROM public.app_log WHERE entry = \(open.entry)")
    if !answer.rows.isEmpty { ledger.commit(open.changes) }
    uncertain = nil
  }

  // MARK: - Standing still

  /// Runs `body` while the app has no transaction open and no doubt about its last one.
  func whilePaused<R: Sendable>(_ body: @Sendable (AppLedger) async throws -> R) async throws -> R {
    isPaused = true
    if resting == nil { await withCheckedContinuation { whoeverPauses = $0 } }
    defer { resume() }
    if uncertain != nil { try await settleNow() }
    return try await body(ledger)
  }

  private func settleNow() async throws {
    let connection = try await connected()
    if let uncertain { try await settle(uncertain, on: connection) }
  }

  private func rest() async {
    await withCheckedContinuation { continuation in
      resting = continuation
      whoeverPauses?.resume()
      whoeverPauses = nil
    }
  }

  private func resume() {
    isPaused = false
    resting?.resume()
    resting = nil
  }

  /// A new round: the office has made these keys, some of which the app may take first.
  func beginRound(newKeys: [String: [Int]]) {
    ledger.beginRound()
    writer.newKeys = newKeys
    writer.leavesOfficeRows = false
  }

  /// From here on no office row is deleted or given back, so that a run that begins now leaves all of them in place;
  /// nothing else changes.
  func leaveOfficeRows() async throws {
    writer.leavesOfficeRows = true
    // A transaction that has begun may still do so.
    try await whilePaused { _ in }
  }
}
