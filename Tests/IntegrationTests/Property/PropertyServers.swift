import EphemeralPostgres

/// The servers that the cases of a run are on: those of all tests where they were configured, else one of each version,
/// which is a source in one case and a target in another.
enum PropertyServers {
  nonisolated(nonsending) static func with<R: Sendable>(
    _ pairs: Set<ServerPair>, usual: Servers,
    body: nonisolated(nonsending) ([ServerPair: Servers]) async throws -> R
  ) async throws -> R {
    if pairs == [.configured] { return try await body([.configured: usual]) }
    let wanted = Set(pairs.flatMap { [$0.source, $0.target] }).sorted { $0.description < $1.description }
    return try await PostgresCluster.withClusters(wanted.map { $0.options() }) { clusters in
      let clusters = Dictionary(uniqueKeysWithValues: zip(wanted, clusters))
      let servers = pairs.map { pair in
        let (source, target) = (clusters[pair.source]!, clusters[pair.target]!)
        // A gate of their own: behind all other tests at each pair the cases would begin when these have ended.
        return (pair, Servers(source: source, target: target, gate: Gate(width: 3)))
      }
      return try await body(Dictionary(uniqueKeysWithValues: servers))
    }
  }
}
