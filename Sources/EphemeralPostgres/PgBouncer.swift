import FoundationEssentials
import Subprocess

/// A pgbouncer in front of a throwaway server, reached by a socket.
public struct PgBouncer: Sendable {
  /// For how long a client keeps a connection to the server.
  public enum Mode: String, Sendable {
    case session, transaction, statement
  }

  let directory: String
  let port: Int

  /// A libpq keyword string. Whatever the user, the pooler connects as the superuser.
  public func connectionString(database: String) -> String {
    "host=\(directory) port=\(port) user=\(PostgresCluster.superuser) dbname=\(database)"
  }

  fileprivate func configuration(of cluster: PostgresCluster, mode: Mode, poolSize: Int) -> String {
    """
    [databases]
    * = host=\(cluster.directory) port=\(cluster.port) user=\(PostgresCluster.superuser)
    [pgbouncer]
    listen_addr =
    listen_port = \(port)
    unix_socket_dir = \(directory)
    auth_type = any
    pool_mode = \(mode.rawValue)
    default_pool_size = \(poolSize)
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
  ///
  /// - Parameter port: names its socket, so that any number is free.
  nonisolated(nonsending) public func withPgBouncer<R: Sendable>(
    _ mode: PgBouncer.Mode, poolSize: Int = 20, port: Int = 6432,
    body: nonisolated(nonsending) (PgBouncer) async throws -> R
  ) async throws -> R {
    let pooler = PgBouncer(directory: try Self.makeTemporaryDirectory(for: user), port: port)
    try Self.writePrivately(
      pooler.configuration(of: self, mode: mode, poolSize: poolSize), to: "\(pooler.directory)/pgbouncer.ini", for: user
    )
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
