import EphemeralPostgres
import PracticeData
import Testing

/// Every test that needs a server: they share one source and one target server, started once for the process.
///
/// Add to it with `extension Integration { @Suite struct Foo { … } }`, and take databases of your own from
/// ``withDatabases(_:)`` or ``withPracticeDatabases(scale:dirt:_:)``.
@Suite(.servers) enum Integration {
  @TaskLocal static var servers: Servers?
}

/// A database of a test's own, which is dropped when the test ends.
typealias TestDatabase = PostgresDatabase

/// The two servers, and the databases on them that tests are given copies of.
struct Servers: Sendable {
  let source: PostgresCluster
  let target: PostgresCluster
  let templates: PracticeTemplates
  let databases: DatabasePool
  /// How many tests work on the servers at a time.
  let gate: Gate

  init(source: PostgresCluster, target: PostgresCluster, gate: Gate = Gate(width: 6)) {
    self.source = source
    self.target = target
    self.gate = gate
    templates = PracticeTemplates(source: source, target: target)
    databases = DatabasePool(source: source, target: target)
  }
}

struct ServersTrait: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let pair = ServerPair.configured
    // All tests share the servers, and with them the room for locks.
    let settings = ["max_locks_per_transaction": "512"]
    let options = [pair.source.options(settings: settings), pair.target.options(settings: settings)]
    try await PostgresCluster.withClusters(options) { clusters in
      let servers = Servers(source: clusters[0], target: clusters[1])
      try await Integration.$servers.withValue(servers) { try await function() }
    }
  }
}

extension Trait where Self == ServersTrait {
  /// Starts a source and a target server around the suite.
  static var servers: ServersTrait { ServersTrait() }
}

/// Practice data loaded once for each wish, to be copied by the tests.
actor PracticeTemplates {
  struct Pair: Sendable {
    let source: PostgresDatabase
    let target: PostgresDatabase
    let dirt: [DirtMade]
  }

  private struct Wish: Hashable {
    let scale: Int
    let dirt: Dirt
  }

  private let source: PostgresCluster
  private let target: PostgresCluster
  private var loading: [Wish: Task<Pair, any Error>] = [:]

  init(source: PostgresCluster, target: PostgresCluster) {
    self.source = source
    self.target = target
  }

  func pair(scale: Int, dirt: Dirt) async throws -> Pair {
    let wish = Wish(scale: scale, dirt: dirt)
    if let task = loading[wish] { return try await task.value }
    let name = "practice_\(loading.count)"
    // Not a child of the test that asked first: others wait for it, too.
    let task = Task { [source, target] in
      let source = try await source.createDatabase(named: name)
      let target = try await target.createDatabase(named: name)
      let made = try await PracticeData.load(source: source, target: target, scale: scale, dirt: dirt)
      return Pair(source: source, target: target, dirt: made)
    }
    loading[wish] = task
    return try await task.value
  }
}

/// Gives a test an empty database on either server.
///
/// A body whose only calls that throw are inside `#expect` must say so itself: `{ source, target async throws in`.
nonisolated(nonsending) func withDatabases<R: Sendable>(
  _ body: nonisolated(nonsending) (_ source: TestDatabase, _ target: TestDatabase) async throws -> R
) async throws -> R {
  let servers = try currentServers()
  return try await servers.gate.whileInside {
    let pair = try await servers.databases.take()
    let result = try await body(pair.source, pair.target)
    await servers.databases.giveBack(pair)
    return result
  }
}

/// Gives a test the practice data on the source and the app's tables on the target, as copies of its own.
nonisolated(nonsending) func withPracticeDatabases<R: Sendable>(
  scale: Int = 1, dirt: Dirt = .none,
  _ body: nonisolated(nonsending) (_ source: TestDatabase, _ target: TestDatabase, _ dirt: [DirtMade]) async throws -> R
) async throws -> R {
  let pair = try await currentServers().templates.pair(scale: scale, dirt: dirt)
  return try await withCopies(of: pair.source.name, and: pair.target.name) { source, target in
    try await body(source, target, pair.dirt)
  }
}

nonisolated(nonsending) private func withCopies<R: Sendable>(
  of sourceTemplate: String, and targetTemplate: String,
  _ body: nonisolated(nonsending) (_ source: TestDatabase, _ target: TestDatabase) async throws -> R
) async throws -> R {
  let servers = try currentServers()
  return try await servers.gate.whileInside {
    try await withCopies(of: sourceTemplate, and: targetTemplate, on: servers, body)
  }
}

nonisolated(nonsending) private func withCopies<R: Sendable>(
  of sourceTemplate: String, and targetTemplate: String, on servers: Servers,
  _ body: nonisolated(nonsending) (_ source: TestDatabase, _ target: TestDatabase) async throws -> R
) async throws -> R {
  let name = "test_\(String(UInt64.random(in: .min ... .max), radix: 36))"
  let source = try await servers.source.createDatabase(named: name, template: sourceTemplate)
  let target = try await servers.target.createDatabase(named: name, template: targetTemplate)
  let result: Result<R, any Error>
  do { result = .success(try await body(source, target)) } catch { result = .failure(error) }
  // Only to save room: the servers go anyway. So a failure, or a cancelled test, leaves the databases to them.
  try? await servers.source.dropDatabase(named: name)
  try? await servers.target.dropDatabase(named: name)
  return try result.get()
}

func currentServers() throws -> Servers {
  guard let servers = Integration.servers else {
    throw ClusterError("find the test servers", hint: "put the test into `extension Integration { @Suite … }`")
  }
  return servers
}
