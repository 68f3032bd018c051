import CLibPQ

/// One connection to a server. Its blocking calls run on a thread of its own, one at a time.
///
/// A task that is cancelled while it waits cancels its statement on the server and gets a `CancellationError`; the
/// connection stays usable. Made by ``withConnection(_:isolation:_:)``, which also closes it.
public actor Connection {
  /// Which connection it is, for messages: `source`, `target connection 2`.
  public nonisolated let label: String
  public nonisolated let options: ConnectionOptions
  private nonisolated let executor: BlockingExecutor

  public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

  /// `nil` before the connection is made and after it was closed.
  private var handle: ConnectionHandle?
  private(set) var canceller: StatementCanceller?
  /// The process that serves this connection, as `pg_stat_activity` numbers it; `nil` where no settings were asked for.
  public internal(set) var backend: Int?
  /// What the session is set to. Known once settings were sent.
  public internal(set) var session = SessionState()
  /// Of the last COPY out, the rows that the server says it sent; `nil` until it has said so.
  var copiedOutRows: Int?
  /// libpq could not send, though it holds the connection for usable until it has read its end.
  var isBroken = false
  /// A pooler or another go-between answers, not the server itself. Known once settings were sent.
  public internal(set) var isBehindPooler = false
  /// All sessions that the pooler in between had for us when it was tried, this one among them; `nil` where it had as many as
  /// it was asked for, or was not tried.
  public private(set) var poolSize: Int?
  /// The answer to the options' question.
  public internal(set) var answer: QueryResult?
  private var isAnswerTaken = false
  /// The settings were sent, and not left out for the sake of a pooler.
  var isSetUp = false

  private init(options: ConnectionOptions) {
    label = options.label
    self.options = options
    executor = BlockingExecutor(label: "connection.\(options.label)")
  }

  /// Connects, applies the options' settings (see ``ConnectionOptions/sparesPoolers``), and hands the open connection to
  /// the caller, who must `close()` it.
  ///
  /// Throws: ``PostgresError`` of kind `cannotConnect`; `CancellationError`.
  public static func open(_ options: ConnectionOptions) async throws -> Connection {
    try Task.checkCancellation()
    let connection = Connection(options: options)
    do {
      try await connection.connect()
    } catch {
      await connection.close()
      throw error
    }
    return connection
  }

  private func connect() async throws {
    let handle = try ConnectionHandle(options: options)
    let canceller = unsafe StatementCanceller(connection: handle.pointer)
    self.canceller = canceller
    self.handle = consume handle
    options.stallWatch?.begin(canceller, options: options)
    try await applySettings(sparingPoolers: options.sparesPoolers)
    try checkEncoding()
    // Whoever plans with the first connection tells more of it.
    if !options.sparesPoolers, let stray = session.strays.first {
      throw PostgresError(
        kind: .cannotConnect, connection: label,
        message: "the session has \(stray.name) = \(stray.value), and may not set it"
      )
    }
  }

  /// The answer to the options' question, for the first who asks: later it is old. `nil` also where it came before the
  /// session's settings.
  public func takeAnswer() -> QueryResult? {
    defer { isAnswerTaken = true }
    return isAnswerTaken || isBehindPooler ? nil : answer
  }

  /// Ends the connection. Whatever transaction was open rolls back.
  public func close() {
    if let canceller {
      options.stallWatch?.end(canceller)
      canceller.forgetSocket()
    }
    canceller = nil
    handle = nil
  }

  /// `true` while nothing has shown that the connection is lost.
  public var isUsable: Bool {
    guard let pointer = unsafe try? pointer() else { return false }
    return unsafe !isLost(pointer)
  }

  public func notePoolSize(_ count: Int) { poolSize = count }

  // MARK: - What the extensions in this module build on

  /// The libpq connection; valid until `close()`.
  func pointer() throws(PostgresError) -> OpaquePointer {
    guard let pointer = unsafe handle?.pointer else {
      throw PostgresError(kind: .connectionLost, connection: label, message: "the connection is closed")
    }
    return unsafe pointer
  }

  func isLost(_ pointer: OpaquePointer) -> Bool { unsafe isBroken || PQstatus(pointer) == CONNECTION_BAD }

  /// Runs `body`, which waits for the server, so that cancelling the task ends the wait.
  ///
  /// With `deadline` the wait cannot be cancelled, but ends after that time with a lost connection: for the clean-up
  /// that a cancelled task still has to do.
  func waiting<R>(deadline: Duration? = nil, _ body: (OpaquePointer) throws -> R) async throws -> R {
    let pointer = unsafe try pointer()
    guard let canceller else {
      throw PostgresError(kind: .connectionLost, connection: label, message: "the connection is closed")
    }
    if let deadline {
      canceller.begin(deadline: deadline)
      defer { canceller.end() }
      return unsafe try body(pointer)
    }
    return try await withTaskCancellationHandler {
      // A closure is isolated to the actor, and so runs on this connection's thread, only if it captures `self`; the
      // call sees to that. Without it two tasks would use one connection at once, and block the cooperative pool.
      try unsafe self.waitCancellably(canceller, pointer, body)
    } onCancel: {
      canceller.cancel()
    }
  }

  private func waitCancellably<R>(
    _ canceller: StatementCanceller, _ pointer: OpaquePointer, _ body: (OpaquePointer) throws -> R
  ) throws -> R {
    canceller.begin()
    defer { canceller.end() }
    // Checked after the wait has begun: a cancellation before this line found nothing to cancel.
    try Task.checkCancellation()
    do {
      return unsafe try body(pointer)
    } catch is PostgresError where Task.isCancelled {
      // The server's "canceling statement due to user request" is our own request.
      throw CancellationError()
    }
  }

  /// Ends the statement in flight from within this connection's own work, and waits until the request was taken.
  func requestCancel() { canceller?.requestCancel() }

  /// The server's last word, if it ended the session.
  var fatalNotice: String? { handle?.notices.all.last { $0.hasPrefix("FATAL:") || $0.hasPrefix("PANIC:") } }

  /// Warnings that the server sent since the last call.
  func takeWarnings() -> [String] { handle?.notices.take() ?? [] }
}

/// Opens a connection, runs `body` with it, and closes it however `body` ends.
public func withConnection<R: Sendable>(
  _ options: ConnectionOptions, isolation: isolated (any Actor)? = #isolation,
  _ body: (Connection) async throws -> R
) async throws -> R {
  let connection = try await Connection.open(options)
  do {
    let result = try await body(connection)
    await connection.close()
    return result
  } catch {
    await connection.close()
    throw error
  }
}
