import CLibPQ
import PostgresValues

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
      // The server would quote it as a database that does not exist, here and in its own log.
      if connectionString.contains(where: { ":/@".contains($0) }) { throw Self.malformed(label) }
      self.init(
        host: nil, port: nil, database: connectionString.isEmpty ? nil : connectionString, user: nil, sslMode: nil)
      return
    }
    if Self.hasPasswordInPath(connectionString) { throw Self.malformed(label) }
    if let unknown = ConnectionParameters(connectionString).unknown { throw unknown.error(label) }
    var message: UnsafeMutablePointer<CChar>?
    guard let options = unsafe PQconninfoParse(connectionString, &message) else {
      // libpq's own message may quote parts of the string, a password among them.
      unsafe PQfreemem(message)
      throw Self.malformed(label)
    }
    defer { unsafe PQconninfoFree(options) }
    let values = unsafe keywordValues(options)
    if Self.hasPasswordInPlaceOfAnother(values) { throw Self.malformed(label) }
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

  /// A URI whose password has a `/` that is not written as %2F: libpq takes what follows for a database, and what
  /// stands before for a port, and shows both in its messages.
  private static func hasPasswordInPath(_ connectionString: String) -> Bool {
    guard let scheme = connectionString.firstRange(of: "://") else { return false }
    let path = connectionString[scheme.upperBound...].prefix { $0 != "?" }.drop { $0 != "/" && $0 != "@" }
    return path.first == "/" && path.contains("@")
  }

  /// What a port, or a list of ports with spaces about them, consists of.
  private static let portSigns = Set("0123456789, ".utf8)

  /// Values that hold another's: a URI or `user:password@host` where a host or a database belongs, or a port that is
  /// none, because a password's `@`, `:` or `/` was taken for the URI's own. libpq and the server would quote them.
  private static func hasPasswordInPlaceOfAnother(_ values: [String: String]) -> Bool {
    let hosts = (values["host"] ?? "").split(separator: ",")
    // A socket's abstract name begins with an @.
    if hosts.contains(where: { $0.dropFirst().contains("@") || $0.contains("://") }) { return true }
    if let port = values["port"], !port.utf8.allSatisfy({ portSigns.contains($0) }) { return true }
    let database = values["dbname"] ?? ""
    return database.contains("://") || (database.contains("@") && database.contains(":"))
  }

  private static func malformed(_ label: String) -> PostgresError {
    PostgresError(
      kind: .cannotConnect, connection: label, message: "the connection string is not valid",
      hint: "It takes a URI (postgresql://user@host:5432/database) or keywords (host=… port=… dbname=… user=…); "
        + "in a URI's password %, @, / and blanks are written as %25, %40, %2F and %20, and a value with blanks "
        + "stands in single quotes.")
  }

  public var description: String {
    (database ?? "default database") + " on " + (host ?? "the default host") + (port.map { ":\($0)" } ?? "")
  }
}
