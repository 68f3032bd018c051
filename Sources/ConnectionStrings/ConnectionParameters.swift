import CLibPQ
import PostgresValues

/// The names of the parameters in a connection string, to tell which of them libpq does not know: other drivers have
/// parameters of their own, and libpq refuses the whole string for one of those.
struct ConnectionParameters {
  /// In the order of the string.
  private let names: [String]

  /// - Parameter connectionString: a URI, or keywords.
  init(_ connectionString: String) {
    let isURI = ["postgresql://", "postgres://"].contains { connectionString.hasPrefix($0) }
    names = isURI ? Self.names(inURI: connectionString) : Self.names(inKeywords: connectionString)
  }

  /// The first that libpq does not know.
  var unknown: Unknown? {
    guard let place = names.firstIndex(where: { !Self.isKnown($0) }) else { return nil }
    return Unknown(name: names[place])
  }

  /// A parameter of another driver, or a slip.
  ///
  /// Only a name that others have, or one close to a name, is told: a piece of a password that is not written as it must
  /// be looks like a name as well.
  struct Unknown {
    private let name: String
    private let hint: String

    /// `nil`: it is not to be told.
    init?(name: String) {
      let nearest =
        NearestName.nearest(to: name, among: ConnectionParameters.keywords)
        ?? NearestName.nearest(to: name, among: ConnectionParameters.foreign.keys)
      guard let hint = ConnectionParameters.foreign[name] ?? nearest.map({ "Did you mean \($0)?" }) else { return nil }
      self.name = name
      self.hint = hint
    }

    func error(_ label: String) -> PostgresError {
      PostgresError(
        kind: .cannotConnect, connection: label,
        message: "the connection string has a parameter \"\(name)\", which libpq does not know", hint: hint)
    }
  }

  // MARK: - What libpq knows

  private static func isKnown(_ name: String) -> Bool { keywords.contains(name) || name == "ssl" }

  /// libpq's own list (manual, "34.1.2 Parameter Key Words").
  private static let keywords: Set<String> = {
    guard let options = unsafe PQconndefaults() else { return [] }
    defer { unsafe PQconninfoFree(options) }
    return Set(unsafe keywordNames(options))
  }()

  /// Parameters that people copy from other drivers' strings, with what to do instead.
  private static let foreign: [String: String] = {
    let schema = "It is another driver's; leave it out, and name the schema under `source` or `target` in pgtide.yaml."
    let pool = "It is another driver's setting for a pooler; leave it out."
    let driver = "It is another driver's; leave it out."
    let newer = "This machine's libpq is too old for it; leave it out, or install a newer libpq."
    let advice: [(String, [String])] = [
      (schema, ["schema", "schemas", "currentSchema", "search_path", "searchpath"]),
      (
        pool,
        [
          "pgbouncer", "connection_limit", "pool_timeout", "pool_mode", "pool_size", "pool_min_conns", "pool_max_conns",
          "pool_max_conn_lifetime", "pool_max_conn_idle_time", "max_overflow", "max_connections", "min_connections",
          "statement_cache_size", "statement_cache_mode", "prepared_statement_cache_size", "prepareThreshold",
          "default_query_exec_mode", "prepared_statements", "supa", "workaround",
        ]
      ),
      (
        driver,
        [
          "sslaccept", "sslidentity", "sslfactory", "ssl_mode", "ssl-mode", "socket_timeout", "socketTimeout",
          "connectTimeout", "loginTimeout", "statement_timeout", "ApplicationName", "application-name", "encoding",
          "charset", "timezone", "serverTimezone", "reWriteBatchedInserts", "tcpKeepAlive", "binaryTransfer",
          "autosave",
          "uselibpqcompat", "timeout", "Timeout", "command_timeout", "CommandTimeout", "Pooling", "adapter", "driver",
          "jdbcCompliantTruncation", "tenant", "role", "username",
        ]
      ),
      (
        newer,
        [
          "sslnegotiation", "sslcertmode", "require_auth", "load_balance_hosts", "gssdelegation",
          "min_protocol_version",
          "max_protocol_version", "scram_client_key", "scram_server_key", "sslkeylogfile", "servicefile",
        ]
      ),
    ]
    return Dictionary(uniqueKeysWithValues: advice.flatMap { hint, names in names.map { ($0, hint) } })
  }()

  // MARK: - Where they stand

  private static func names(inURI text: String) -> [String] {
    guard let scheme = text.firstRange(of: "://") else { return [] }
    var rest = text[scheme.upperBound...]
    // A password may hold a question mark.
    if let end = rest.firstIndex(where: { $0 == "@" || $0 == "/" }), rest[end] == "@" {
      rest = rest[end...].dropFirst()
    }
    guard let question = rest.firstIndex(of: "?") else { return [] }
    return rest[question...].dropFirst().split(separator: "&", omittingEmptySubsequences: true).map {
      String($0.prefix { $0 != "=" })
    }
  }

  /// As libpq reads `name = value`, with values in single quotes and backslashes.
  private static func names(inKeywords text: String) -> [String] {
    var names: [String] = []
    var rest = Substring(text)
    func isBlank(_ character: Character) -> Bool { character.isASCII && character.isWhitespace }
    while true {
      rest = rest.drop(while: isBlank)
      let name = rest.prefix { $0 != "=" && !isBlank($0) }
      rest = rest[name.endIndex...].drop(while: isBlank)
      // Without a value it is no parameter; libpq refuses the string by itself.
      guard !name.isEmpty, rest.first == "=" else { return names }
      names.append(String(name))
      rest = rest.dropFirst().drop(while: isBlank)
      let isQuoted = rest.first == "'"
      if isQuoted { rest = rest.dropFirst() }
      while let next = rest.first, isQuoted ? next != "'" : !isBlank(next) {
        rest = rest.dropFirst(next == "\\" ? 2 : 1)
      }
      if isQuoted { rest = rest.dropFirst() }
    }
  }
}
