import FoundationEssentials

extension PostgresCluster {
  /// Makes a new server in `directory` (which must not exist) and starts it. It runs until ``stop()`` or ``remove()``.
  public static func create(in directory: String, options: ClusterOptions = .init()) async throws -> PostgresCluster {
    let command = Command(binaries: try await .find(in: options.binaries))
    return try await create(in: directory, options: options, command: command, user: .forCaller())
  }

  static func create(
    in directory: String, options: ClusterOptions, command: Command, user: ServerUser
  ) async throws -> PostgresCluster {
    try checkSocketPath(directory)
    try Task.checkCancellation()
    try makePrivateDirectory(directory, for: user)
    let password = (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 36) }.joined()
    let passwordFile = "\(directory)/password"
    try writePrivately(password, to: passwordFile, for: user)
    return try await shielded {
      #if canImport(Darwin)
        let locale = "C"
      #else
        let locale = "C.UTF-8"
      #endif
      try await command.output(
        of: "initdb",
        [
          "--pgdata=\(directory)/data", "--username=\(superuser)", "--encoding=UTF8", "--locale=\(locale)",
          "--auth-local=trust", "--auth-host=scram-sha-256", "--pwfile=\(passwordFile)", "--no-sync",
        ], as: user, operation: "make a server in \(directory)",
        hint: "the directories above it must be open to the user that the server runs as")
      let configurationFile = "\(directory)/data/postgresql.conf"
      let given = try String(contentsOfFile: configurationFile, encoding: .utf8)
      let added = options.configuration(socketDirectory: directory)
      try writePrivately("\(given)\n# pgtide\n\(added)", to: configurationFile, for: user)
      return try await startOnFreePort(directory, password: password, command: command, user: user)
    }
  }

  /// Tries ports below the range that the system gives to clients, until the server can have one.
  static func startOnFreePort(
    _ directory: String, password: String, command: Command, user: ServerUser
  ) async throws -> PostgresCluster {
    var attempts = 0
    while true {
      let cluster = PostgresCluster(
        directory: directory, port: Int.random(in: 20000..<32768), password: password, command: command, user: user)
      // Before the start, so that whoever interrupts us leaves nothing running that `init(existing:)` cannot find.
      try writePrivately("\(cluster.port)\n", to: "\(directory)/port", for: user)
      do {
        try await cluster.start()
        return cluster
      } catch let error as ClusterError where attempts < 10 && error.output.contains("Address already in use") {
        attempts += 1
      }
    }
  }

  /// Starts the server, which must not be running, and returns when it takes connections.
  public func start() async throws {
    try await shielded {
      let outcome = try await command.outcome(
        of: "pg_ctl", ["start", "-w", "-t", "60", "-D", dataDirectory, "-l", logFile, "-o", "-p \(port)"], as: user)
      guard outcome.succeeded else {
        throw ClusterError("start the server in \(directory)", output: "\(outcome.diagnostics)\n\(logTail())")
      }
    }
  }

  /// Stops the server in good order: sessions are ended, open transactions rolled back. Not running is not an error.
  public func stop() async throws { try await stop(mode: "fast") }

  /// Stops the server as a crash would: no checkpoint, unlogged tables are lost. ``start()`` recovers it.
  public func crash() async throws { try await stop(mode: "immediate") }

  public func restart() async throws {
    try await stop()
    try await start()
  }

  private func stop(mode: String) async throws {
    guard pid != nil else { return }
    try await shielded {
      let outcome = try await command.outcome(of: "pg_ctl", ["stop", "-w", "-m", mode, "-D", dataDirectory], as: user)
      // The server may have ended between the look and the command.
      guard outcome.succeeded || pid == nil else {
        throw ClusterError("stop the server in \(directory)", output: "\(outcome.diagnostics)\n\(logTail())")
      }
    }
  }

  /// Stops the server and removes its directory. What cannot be stopped is not removed.
  public func remove() async throws {
    try await crash()
    try FileManager.default.removeItem(atPath: directory)
  }

  /// Stops and removes what ``create(in:options:)`` made, also when it never came to its end.
  public static func remove(_ directory: String, binaries: String? = nil) async throws {
    let remains = PostgresCluster(
      directory: directory, port: 0, password: "", command: Command(binaries: try await .find(in: binaries)),
      user: try .forServer(in: directory))
    try await remains.remove()
  }

  static func makePrivateDirectory(_ path: String, for user: ServerUser) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    } catch {
      throw ClusterError("make the directory \(path)", output: "\(error)")
    }
    try user.own(path)
  }

  static func writePrivately(_ text: String, to path: String, for user: ServerUser) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    try user.own(path)
  }

  /// A socket's path may have 107 bytes on Linux, 103 on macOS.
  private static func checkSocketPath(_ directory: String) throws {
    guard "\(directory)/.s.PGSQL.65535".utf8.count <= 103 else {
      throw ClusterError(
        "put a server in \(directory)", hint: "the path is too long for a socket; use a shorter one (or TMPDIR)")
    }
  }
}
