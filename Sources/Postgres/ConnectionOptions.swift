import CLibPQ

/// How a connection is made.
public struct ConnectionOptions: Sendable {
  /// Which connection it is, for messages and traces: `source`, `target 2`.
  public var label: String
  /// Anything libpq takes: a URI, a keyword string, or empty for the `PG*` variables, service and password files.
  public var connectionString: String
  /// Shown in the server's `pg_stat_activity`.
  public var applicationName: String
  public var connectTimeout: Duration
  /// Run-time parameters to set as soon as the connection stands. One that the server does not know is left out, so
  /// that the same list serves every version.
  public var settings: [(name: String, value: String)]
  /// Leave the settings out where a pooler stands in between, until somebody has made sure that it keeps sessions:
  /// in transaction mode it would hand them on to others.
  public var sparesPoolers = false
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

  /// The same, for the first connection to an end: see ``sparesPoolers``.
  public var sparingPoolers: ConnectionOptions {
    var options = self
    options.sparesPoolers = true
    return options
  }

  /// What libpq is asked for. Later keywords win, so what the user's string says stands above these defaults.
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
      ("client_encoding", "UTF8"),
      ("dbname", connectionString),
    ]
  }
}

/// A connection string taken apart, to check it and to name its server without its secrets.
public struct ConnectionTarget: Sendable, Hashable, CustomStringConvertible {
  public let host: String?
  public let port: String?
  public let database: String?
  public let user: String?
  public let sslMode: String?

  /// Reads `connectionString` as libpq would, without connecting.
  ///
  /// Throws: ``PostgresError`` of kind `cannotConnect` when it is no connection string. The error does not quote the
  /// string, which may hold a password.
  public init(connectionString: String, label: String) throws(PostgresError) {
    // A C string ends at its first NUL, so that libpq would take a part for the whole.
    if connectionString.utf8.contains(0) { throw Self.malformed(label) }
    // libpq takes a plain word as a database name; its parser does not.
    let looksLikeString = connectionString.contains("=") || connectionString.contains("://")
    if !looksLikeString {
      self.init(
        host: nil, port: nil, database: connectionString.isEmpty ? nil : connectionString, user: nil, sslMode: nil)
      return
    }
    if Self.hasSecretLookingHost(connectionString) { throw Self.malformed(label) }
    var message: UnsafeMutablePointer<CChar>?
    guard let options = unsafe PQconninfoParse(connectionString, &message) else {
      // libpq's own message may quote parts of the string, a password among them.
      unsafe PQfreemem(message)
      throw Self.malformed(label)
    }
    defer { unsafe PQconninfoFree(options) }
    var values: [String: String] = [:]
    var option = unsafe options
    // The list ends with an option without a keyword (manual, "34.1 Database Connection Control Functions").
    while let keyword = unsafe option.pointee.keyword {
      if let value = unsafe option.pointee.val {
        values[unsafe String(cString: keyword)] = unsafe String(cString: value)
      }
      unsafe option += 1
    }
    // In `postgresql://user:password/database` the password stands where the port would, and would be shown as one.
    if let port = values["port"], !port.utf8.allSatisfy({ Self.portSigns.contains($0) }) { throw Self.malformed(label) }
    self.init(
      host: values["host"] ?? values["hostaddr"], port: values["port"], database: values["dbname"],
      user: values["user"], sslMode: values["sslmode"])
  }

  private init(host: String?, port: String?, database: String?, user: String?, sslMode: String?) {
    self.host = host
    self.port = port
    self.database = database
    self.user = user
    self.sslMode = sslMode
  }

  /// What a port, or a list of ports with spaces about them, consists of.
  private static let portSigns = Set("0123456789, ".utf8)

  /// A URI with an `@` in its password that is not written as %40: libpq would take the password's end for the host,
  /// and show it in its messages.
  private static func hasSecretLookingHost(_ connectionString: String) -> Bool {
    guard let start = connectionString.firstRange(of: "://") else { return false }
    return connectionString[start.upperBound...].prefix { $0 != "?" }.count { $0 == "@" } > 1
  }

  private static func malformed(_ label: String) -> PostgresError {
    PostgresError(
      kind: .cannotConnect, connection: label, message: "the connection string is not valid",
      hint: "It takes a URI (postgresql://user@host:5432/database) or keywords (host=… port=… dbname=… user=…); "
        + "characters such as @, / and % in a URI's password are written as %40, %2F and %25.")
  }

  public var description: String {
    (database ?? "default database") + " on " + (host ?? "the default host") + (port.map { ":\($0)" } ?? "")
  }
}
