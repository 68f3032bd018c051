import FoundationEssentials
import Subprocess

extension PostgresCluster {
  /// Starts a server for the duration of `body`.
  ///
  /// It is stopped and its directory removed when `body` returns, throws or is cancelled, and also when this process is
  /// killed: then by a small shell process that waits for exactly that.
  nonisolated(nonsending) public static func withCluster<R: Sendable>(
    _ options: ClusterOptions = .init(),
    body: nonisolated(nonsending) (PostgresCluster) async throws -> R
  ) async throws -> R {
    try await withClusters(1, options) { try await body($0[0]) }
  }

  /// Starts several servers at the same time, for the duration of `body`.
  nonisolated(nonsending) public static func withClusters<R: Sendable>(
    _ count: Int, _ options: ClusterOptions = .init(),
    body: nonisolated(nonsending) ([PostgresCluster]) async throws -> R
  ) async throws -> R {
    try await withClusters(Array(repeating: options, count: count), body: body)
  }

  /// Starts a server for each of the options, in their order.
  nonisolated(nonsending) public static func withClusters<R: Sendable>(
    _ options: [ClusterOptions], body: nonisolated(nonsending) ([PostgresCluster]) async throws -> R
  ) async throws -> R {
    // Any version's pg_ctl can stop what the others' has started.
    let command = Command(binaries: try await .find(in: options.first?.binaries))
    let user = try ServerUser.forCaller()
    let parent = try makeTemporaryDirectory(for: user)
    return try await withGuard(of: parent, command: command, user: user) {
      let result: Result<R, any Error>
      do {
        let clusters = try await start(options, in: parent, user: user)
        result = .success(try await body(clusters))
      } catch {
        result = .failure(error)
      }
      try await removeAll(options.count, in: parent, command: command, user: user)
      return try result.get()
    }
  }

  private static func start(
    _ options: [ClusterOptions], in parent: String, user: ServerUser
  ) async throws -> [PostgresCluster] {
    try await withThrowingTaskGroup(of: (Int, PostgresCluster).self) { group in
      for (number, options) in options.enumerated() {
        group.addTask {
          let command = Command(binaries: try await .find(in: options.binaries))
          let directory = "\(parent)/\(number + 1)"
          return (number, try await create(in: directory, options: options, command: command, user: user))
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  /// Stops what is running below `parent`, started fully or not, and removes it all.
  static func removeAll(_ count: Int, in parent: String, command: Command, user: ServerUser) async throws {
    for number in 1...count {
      let remains = PostgresCluster(
        directory: "\(parent)/\(number)", port: 0, password: "", command: command, user: user)
      try? await remains.crash()
    }
    try FileManager.default.removeItem(atPath: parent)
  }

  /// Runs `body` beside a shell that stops the servers below `parent` and removes it when this process ends.
  nonisolated(nonsending) static func withGuard<R: Sendable>(
    of parent: String, command: Command, user: ServerUser,
    body: nonisolated(nonsending) () async throws -> R
  ) async throws -> R {
    let script = """
      trap '' HUP INT TERM
      cd /
      while read -r _; do :; done
      [ -d "$0" ] || exit 0
      for data in "$0"/*/data; do pg_ctl stop -m immediate -D "$data"; done
      rm -rf "$0"
      """
    return try await withShell(script, parent, command: command, user: user, body: body)
  }

  /// Runs `body` beside a shell, whose `$0` is `argument`.
  ///
  /// The shell is to wait for the end of its standard input, a pipe that the system closes however we end. (A
  /// parent-death signal would not do: it is sent when the *thread* that forked ends.)
  nonisolated(nonsending) static func withShell<R: Sendable>(
    _ script: String, _ argument: String, command: Command, user: ServerUser,
    body: nonisolated(nonsending) () async throws -> R
  ) async throws -> R {
    var platformOptions = PlatformOptions()
    // What kills our whole process group must not kill the shell with it.
    platformOptions.createSession = true
    // On cancellation the shell must outlive `body`, which ends it by closing the pipe.
    platformOptions.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(60))]
    let words = user.commandPrefix + ["sh", "-c", script, argument]
    let result = try await run(
      .name("sh"), arguments: Arguments(["-c", "exec \"$0\" \"$@\""] + words), environment: command.environment,
      platformOptions: platformOptions, input: .inputWriter, output: .discarded, error: .discarded
    ) { execution in
      let result: Result<R, any Error>
      do { result = .success(try await body()) } catch { result = .failure(error) }
      try await execution.standardInputWriter.finish()
      return result
    }
    return try result.closureResult.get()
  }

  static func makeTemporaryDirectory(for user: ServerUser) throws -> String {
    var parent = FileManager.default.temporaryDirectory.path
    if parent.hasSuffix("/") { parent.removeLast() }
    let path = "\(parent)/pgtide-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    try makePrivateDirectory(path, for: user)
    return path
  }
}
