import EphemeralPostgres
import FoundationEssentials
import Testing

/// The versions that the tests run on: `PGTIDE_TEST_SOURCE=16 PGTIDE_TEST_TARGET=17`, each a version or a directory of
/// programs; without them, whatever ``PostgresBinaries/find(in:)`` finds.
struct ServerPair: Sendable, Hashable, CustomStringConvertible {
  var source: TestServer
  var target: TestServer

  static let configured = ServerPair(source: .named(by: "PGTIDE_TEST_SOURCE"), target: .named(by: "PGTIDE_TEST_TARGET"))
}

extension ServerPair {
  /// Versions that a random pair is of.
  static let drawnVersions = Array(14...18)

  /// The configured pair; where none is, one of all versions, which follows from the seed.
  static func drawn(by seed: UInt64) -> ServerPair {
    guard configured == ServerPair(source: TestServer(), target: TestServer()) else { return configured }
    // Not the generator of the case, whose first choices would go with the versions.
    var generator = SeededGenerator(seed: ~seed)
    let versions = (0..<2).map { _ in TestServer(wish: "\(drawnVersions.randomElement(using: &generator)!)") }
    return ServerPair(source: versions[0], target: versions[1])
  }

  var description: String { "from \(source) to \(target)" }

  /// What a shell needs to choose this pair.
  var environment: String {
    [("PGTIDE_TEST_SOURCE", source), ("PGTIDE_TEST_TARGET", target)].compactMap { variable, server in
      server.wish.map { "\(variable)=\($0)" }
    }.joined(separator: " ")
  }
}

/// One of its ends.
struct TestServer: Sendable, Hashable, CustomStringConvertible {
  /// `nil`: the usual one.
  var wish: String?

  static func named(by variable: String) -> TestServer {
    TestServer(wish: ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 })
  }

  func options(settings: [String: String] = [:], autovacuum: Bool = true) -> ClusterOptions {
    ClusterOptions(settings: settings, autovacuum: autovacuum, binaries: wish)
  }

  /// What can be asked before a server runs.
  struct Facts: Sendable {
    var version: Int
    var hasICU: Bool
    var hasXML: Bool
    var binaries: PostgresBinaries
  }

  var description: String { wish ?? "the usual server" }

  func facts() async throws -> Facts { try await ServerFactsCache.shared.facts(self) }
}

/// Each server's programs are asked once.
private actor ServerFactsCache {
  static let shared = ServerFactsCache()

  private var known: [TestServer: TestServer.Facts] = [:]

  func facts(_ server: TestServer) async throws -> TestServer.Facts {
    if let facts = known[server] { return facts }
    let binaries = try await PostgresBinaries.find(in: server.wish)
    let facts = TestServer.Facts(
      version: try await binaries.majorVersion(), hasICU: try await binaries.hasICU(),
      hasXML: try await binaries.hasXML(), binaries: binaries)
    known[server] = facts
    return facts
  }
}

/// What a test needs of the two servers. Where they lack it, the test library tells that the test was skipped, and why.
enum Need: Sendable {
  case sourceVersion(Int)
  case targetVersion(Int)
  case extensions([String])
  case icu
  case xml

  /// Why the servers will not do; `nil` if they do.
  func lack(of pair: ServerPair = .configured) async throws -> Comment? {
    switch self {
    case .sourceVersion(let wanted): try await lack(pair.source, "source", wanted)
    case .targetVersion(let wanted): try await lack(pair.target, "target", wanted)
    case .extensions(let names): try await lack(pair, names)
    case .icu: try await lack(pair, "ICU", \.hasICU)
    case .xml: try await lack(pair, "libxml", \.hasXML)
    }
  }

  private func lack(_ server: TestServer, _ end: String, _ wanted: Int) async throws -> Comment? {
    let version = try await server.facts().version
    return version >= wanted ? nil : "needs PostgreSQL \(wanted) as the \(end), which is \(version)"
  }

  private func lack(_ pair: ServerPair, _ extensions: [String]) async throws -> Comment? {
    for (end, server) in [("source", pair.source), ("target", pair.target)] {
      let facts = try await server.facts()
      for name in extensions where try await !facts.binaries.hasExtension(name) {
        return "needs the extension \(name), which the \(end) (PostgreSQL \(facts.version)) lacks"
      }
    }
    return nil
  }

  private func lack(
    _ pair: ServerPair, _ library: String, _ has: @Sendable (TestServer.Facts) -> Bool
  ) async throws -> Comment? {
    for (end, server) in [("source", pair.source), ("target", pair.target)] {
      let facts = try await server.facts()
      if !has(facts) {
        return "needs \(library), which the \(end) (PostgreSQL \(facts.version)) was built without"
      }
    }
    return nil
  }

  /// Ends a case of a test's arguments as skipped where the servers lack something.
  ///
  /// Of cases the test library says nothing in its log, so that it is said here.
  static func skipUnless(_ needs: [Need]) async throws {
    for need in needs {
      guard let lack = try await need.lack() else { continue }
      print("➜ Test case of \"\(Test.current?.displayName ?? "a test")\" skipped: \"\(lack)\"")
      try Test.cancel(lack)
    }
  }
}

extension Need: CustomStringConvertible {
  var description: String {
    switch self {
    case .sourceVersion(let version): "needs PostgreSQL \(version) or later as the source"
    case .targetVersion(let version): "needs PostgreSQL \(version) or later as the target"
    case .extensions(let names): "needs the extensions \(names.joined(separator: ", ")) on both ends"
    case .icu: "needs servers built with ICU"
    case .xml: "needs servers built with libxml"
    }
  }
}

extension Trait where Self == ConditionTrait {
  /// The test is skipped, with this for a reason, where the servers lack it.
  static func needs(_ need: Need) -> ConditionTrait {
    .enabled("\(need)") { try await need.lack() == nil }
  }
}
