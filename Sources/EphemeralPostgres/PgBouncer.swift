import FoundationEssentials
import Subprocess

/// A pgbouncer in front of a throwaway server, reached by a socket.
public struct PgBouncer: Sendable {
  /// For how long a client keeps a connection to the server.
  public enum Mode: String, Sendable {
    case session, transaction, statement
  }

  /// What it is asked for. The standard is what a pgbouncer does of itself.
  public struct Options: Sendable {
    public var mode: Mode
    /// Connections to the server.
    public var poolSize: Int
    /// Of clients; `nil`: more than anybody needs.
    public var maxClients: Int?
    /// It gives server connections out in turn, instead of the one that came back last.
    public var isRoundRobin = false
    /// It cleans a session up when its client goes (`server_reset_query`), in session mode only.
    public var resetsSessions = true
    /// Names its socket, so that any number is free.
    public var port = 6432
    /// As whom it connects to the server, whoever its client is.
    public var user = PostgresCluster.superuser

    public init(_ mode: Mode, poolSize: Int = 20, maxClients: Int? = nil) {
      self.mode = mode
      self.poolSize = poolSize
      self.maxClients = maxClients
    }
  }

  let directory: String
  let port: Int

  /// A libpq keyword string. Whatever the user, the pooler connects as the one of its options.
  public func connectionString(database: String) -> String {
    "host=\(directory) port=\(port) user=\(PostgresCluster.superuser) dbname=\(database)"
  }

  fileprivate func configuration(of cluster: PostgresCluster, _ options: Options) -> String {
    """
    [databases]
    * = host=\(cluster.directory) port=\(cluster.port) user=\(options.user)
    [pgbouncer]
    listen_addr =
    listen_port = \(port)
    unix_socket_dir = \(directory)
    auth_type = any
    pool_mode = \(options.mode.rawValue)
    default_pool_size = \(options.poolSize)
    max_client_conn = \(options.maxClients ?? 100)
    server_round_robin = \(options.isRoundRobin ? 1 : 0)
    server_reset_query = \(options.resetsSessions ? "DISCARD ALL" : "")
    logfile = \(directory)/log

    """
  }

  fileprivate func waitUntilReady(_ command: Command) async throws {
    let end = ContinuousClock.now.advanced(by: .seconds(20))
    while try await !command.outcome(of: "pg_isready", ["-q", "-h", directory, "-p", "\(port)"]).succeeded {
      guard ContinuousClock.now < end else {
        let log = (try? String(contentsOfFile: "\(directory)/log", encoding: .utf8)) ?? ""
        throw ClusterError(
          "start pgbouncer in \(directory)", output: log, hint: "is it installed (Debian: apt-get install pgbouncer)?")
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}

extension PostgresCluster {
  /// Starts a pgbouncer before this server for the duration of `body`. It ends with this process, however that ends.
  nonisolated(nonsending) public func withPgBouncer<R: Sendable>(
    _ options: PgBouncer.Options, body: nonisolated(nonsending) (PgBouncer) async throws -> R
  ) async throws -> R {
    let pooler = PgBouncer(directory: try Self.makeTemporaryDirectory(for: user), port: options.port)
    try Self.writePrivately(
      pooler.configuration(of: self, options), to: "\(pooler.directory)/pgbouncer.ini", for: user)
    let script = """
      trap '' HUP INT TERM
      cd /
      PATH=$PATH:/usr/sbin
      pgbouncer "$0/pgbouncer.ini" </dev/null &
      while read -r _; do :; done
      kill $!
      wait $!
      rm -rf "$0"
      """
    return try await Self.withShell(script, pooler.directory, command: command, user: user) {
      try await pooler.waitUntilReady(command)
      return try await body(pooler)
    }
  }
}
