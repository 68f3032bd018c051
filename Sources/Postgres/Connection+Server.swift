import CLibPQ

extension Connection {
  /// What the other side said of itself when the connection was made, without a question to it.
  public struct ServerIdentity: Sendable, Hashable {
    /// 150004 is 15.4.
    public var version: Int
    public var port: String?
  }

  public var server: ServerIdentity {
    get throws {
      let pointer = unsafe try pointer()
      return ServerIdentity(
        version: unsafe Int(PQserverVersion(pointer)), port: unsafe PQport(pointer).map { unsafe String(cString: $0) })
    }
  }

  /// Applies the options' settings to the session.
  ///
  /// With ``ConnectionOptions/sparesPoolers`` they are left out while something else than the server itself answers:
  /// a pooler in transaction mode would leave them behind for the sessions of others. A server's process has the
  /// number that was told when the connection was made; a pooler tells a number of its own.
  func applySettings(sparingPoolers: Bool) async throws {
    guard !options.settings.isEmpty else { return }
    let told = unsafe Int(PQbackendPID(try pointer()))
    let names = arrayText(options.settings.map(\.name))
    let values = arrayText(options.settings.map(\.value))
    let condition: SQL = sparingPoolers ? "WHERE pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) \(told)" : ""
    let answer = try await cleanUp(
      """
      SELECT pg_catalog.pg_backend_pid(), pg_catalog.count(pg_catalog.set_config(wanted.name, wanted.value, false))
      FROM ROWS FROM (pg_catalog.unnest(\(bind: names)::pg_catalog.text[]),
          pg_catalog.unnest(\(bind: values)::pg_catalog.text[]))
        AS wanted (name, value)
      JOIN pg_catalog.pg_settings ON pg_settings.name OPERATOR(pg_catalog.=) wanted.name
      \(condition)
      """, within: options.connectTimeout)
    backend = answer.rows.first?.int(0)
    isBehindPooler = backend != told
    if let canceller, let backend { options.stallWatch?.identify(canceller, backend: backend) }
  }

  /// Applies the settings after all, once it is known that the pooler in between keeps sessions.
  public func applySettings() async throws { try await applySettings(sparingPoolers: false) }
}
