import FoundationEssentials

extension PostgresCluster {
  /// Starts a standby of this server for the duration of `body`: a copy of all that it holds now, which follows it.
  nonisolated(nonsending) public func withStandby<R: Sendable>(
    body: nonisolated(nonsending) (PostgresCluster) async throws -> R
  ) async throws -> R {
    let parent = try Self.makeTemporaryDirectory(for: user)
    return try await Self.withGuard(of: parent, command: command, user: user) {
      let result: Result<R, any Error>
      do {
        result = .success(try await body(try await createStandby(in: "\(parent)/1")))
      } catch {
        result = .failure(error)
      }
      try await Self.removeAll(1, in: parent, command: command, user: user)
      return try result.get()
    }
  }

  private func createStandby(in directory: String) async throws -> PostgresCluster {
    try Self.makePrivateDirectory(directory, for: user)
    try await command.output(
      of: "pg_basebackup",
      [
        "--pgdata=\(directory)/data", "--dbname=\(connectionString())", "--checkpoint=fast", "--wal-method=stream",
        "--write-recovery-conf", "--no-sync",
      ], as: user, operation: "copy the server in \(self.directory)")
    let file = "\(directory)/data/postgresql.conf"
    let given = try String(contentsOfFile: file, encoding: .utf8)
    try Self.writePrivately("\(given)\nunix_socket_directories = '\(directory)'\n", to: file, for: user)
    return try await Self.startOnFreePort(directory, password: password, command: command, user: user)
  }
}
