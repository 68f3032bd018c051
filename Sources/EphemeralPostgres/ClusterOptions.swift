/// How a throwaway server is set up.
///
/// The defaults are fast where that does not bend a measurement: `fsync` is off, but full-page writes stay on, so that
/// WAL figures are those of a real server.
public struct ClusterOptions: Sendable {
  /// Lines for `postgresql.conf`, by name; they win over the defaults. Values are quoted for you.
  public var settings: [String: String]
  public var autovacuum: Bool
  /// The directory of `initdb`, `postgres` and `psql`, or the server's version. `nil`: see ``PostgresBinaries/find(in:)``.
  public var binaries: String?

  public init(settings: [String: String] = [:], autovacuum: Bool = true, binaries: String? = nil) {
    self.settings = settings
    self.autovacuum = autovacuum
    self.binaries = binaries
  }

  /// The text appended to the server's `postgresql.conf`.
  func configuration(socketDirectory: String) -> String {
    var lines = [
      "listen_addresses": "127.0.0.1",
      "unix_socket_directories": socketDirectory,
      "fsync": "off",
      "full_page_writes": "on",
      "shared_buffers": "128MB",
      "max_connections": "100",
      "autovacuum": autovacuum ? "on" : "off",
    ]
    lines.merge(settings) { _, chosen in chosen }
    return lines.sorted { $0.key < $1.key }
      .map { "\($0.key) = '\($0.value.replacing("'", with: "''"))'\n" }
      .joined()
  }
}
