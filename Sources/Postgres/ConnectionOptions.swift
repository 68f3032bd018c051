/// How a connection is made.
public struct ConnectionOptions: Sendable {
  /// Which connection it is, for messages and traces: `source`, `target connection 2`.
  public var label: String
  /// The end that it leads to, under which ``RoundTrips`` counts its waits.
  public var end = ""
  /// Anything libpq takes: a URI, a keyword string, or empty for the `PG*` variables, service and password files.
  public var connectionString: String
  /// Shown in the server's `pg_stat_activity`.
  public var applicationName: String
  public var connectTimeout: Duration
  /// Run-time parameters to set as soon as the connection stands. One that the server does not know is left out, so
  /// that the same list serves every version.
  public var settings: [(name: String, value: String)]
  /// Parameters without whose value nothing may be done. They are set where the session may; what stays otherwise is
  /// told by ``SessionState/strays``.
  public var demands: [(name: String, value: String)] = []
  /// What the user wants set, after the others; one that the server refuses is told by ``SessionState/refused``.
  public var wishes: [(name: String, value: String)] = []
  /// Take schemas out of the `search_path` in which others may create objects; ``SessionState/omitted`` tells which.
  public var guardsSearchPath = false
  /// Leave the settings out where a pooler stands in between, until somebody has made sure that it keeps sessions:
  /// in transaction mode it would hand them on to others.
  public var sparesPoolers = false
  /// A question that is asked together with the settings, at no wait of its own: ``Connection/answer`` has what came of it.
  public var question: SQL?
  public var tracer: StatementTracer?
  /// Ends waits in which nothing moves any more; `nil`: the connection waits for ever.
  public var stallWatch: StallWatch?

  public init(
    label: String, connectionString: String, applicationName: String = "pgtide",
    connectTimeout: Duration = .seconds(10), settings: [(name: String, value: String)] = [],
    tracer: StatementTracer? = nil, stallWatch: StallWatch? = nil
  ) {
    self.label = label
    self.connectionString = connectionString
    self.applicationName = applicationName
    self.connectTimeout = connectTimeout
    self.settings = settings
    self.tracer = tracer
    self.stallWatch = stallWatch
  }

  /// In which texts travel.
  static let encoding = "UTF8"

  /// The same, for the first connection to an end: see ``sparesPoolers``.
  public var sparingPoolers: ConnectionOptions {
    var options = self
    options.sparesPoolers = true
    return options
  }

  /// The same, for a connection that asks what has become of this one: nothing of it depends on how the session is set.
  var forProbe: ConnectionOptions {
    var options = self
    options.label += " (probe)"
    options.settings = []
    options.demands = []
    options.wishes = []
    options.guardsSearchPath = false
    options.stallWatch = nil
    return options
  }

  /// What libpq is asked for. Later keywords win, so what the user's string says stands above these defaults, and the
  /// encoding above all that the user, the environment and a service file say: texts in any other would be taken for
  /// UTF-8. In the start-up message it stands behind `options` (`src/backend/utils/init/postinit.c`).
  ///
  /// Keepalives and `tcp_user_timeout` end a connection whose other side has gone (manual, "34.1.2 Parameter Key
  /// Words"); without them a vanished server is waited for without end.
  var keywords: [(String, String)] {
    [
      ("connect_timeout", "\(max(2, connectTimeout.components.seconds))"),
      ("keepalives_idle", "30"),
      ("keepalives_interval", "10"),
      ("keepalives_count", "3"),
      ("tcp_user_timeout", "60000"),
      ("application_name", applicationName),
      ("dbname", connectionString),
      ("client_encoding", Self.encoding),
    ]
  }
}

extension ConnectionOptions: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Without the connection string, which may hold a password.
  public var description: String {
    let target = try? ConnectionTarget(connectionString: connectionString, label: label)
    return "\(label): \(target?.description ?? "not a connection string")"
  }

  public var debugDescription: String { description }

  public var customMirror: Mirror { Mirror(self, children: ["connection": description]) }
}
