import CLibPQ

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
    let name = names[place]
    // A piece of a password that is not written as it must be looks like a name.
    let followsSecret = place > 0 && Self.secrets.contains(names[place - 1])
    let isName = name.utf8.allSatisfy(Self.nameSigns.contains) && !name.isEmpty
    let mayBeTold = Self.foreign[name] != nil || (isName && !followsSecret)
    return mayBeTold ? Unknown(name: name) : nil
  }

  /// A parameter of another driver, or a slip.
  struct Unknown {
    let name: String

    func error(_ label: String) -> PostgresError {
      let nearest = NearestName.nearest(to: name, among: ConnectionParameters.keywords)
        .map { "Did you mean \($0)?" }
      return PostgresError(
        kind: .cannotConnect, connection: label,
        message: "the connection string has a parameter \"\(name)\", which libpq does not know",
        hint: ConnectionParameters.foreign[name] ?? nearest ?? "It may be another driver's; leave it out.")
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

  private static let secrets: Set<String> = ["password", "sslpassword"]
  private static let nameSigns = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.".utf8)

  /// Parameters that people copy from other drivers' strings, with what to do instead.
  private static let foreign: [String: String] = {
    let schema = "It is another driver's; leave it out, and name the schema under `source` or `target` in pgtide.yaml."
    let pool = "It is another driver's setting for a pooler; leave it out."
    let names = ["schema", "currentSchema", "search_path"]
    let poolers = ["pgbouncer", "connection_limit", "pool_timeout", "statement_cache_size", "prepareThreshold"]
    return Dictionary(uniqueKeysWithValues: names.map { ($0, schema) } + poolers.map { ($0, pool) })
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
