import EphemeralPostgres
import FoundationEssentials
import PGTide
import Subprocess
import Testing

extension Integration {
  /// TLS settings go through to libpq as they are, and what they refuse is told.
  @Suite struct TLSTests {
    /// A server with TLS whose certificate is for `localhost`, with a source and a target database on it.
    private struct SecureServer {
      let cluster: PostgresCluster
      let authority: String
      let otherAuthority: String

      func connection(_ database: String, _ more: String, host: String = "localhost") -> String {
        "\(cluster.tcpConnectionString(database: database)) host=\(host) hostaddr=127.0.0.1 \(more)"
      }
    }

    private func withSecureServer(_ body: (SecureServer) async throws -> Void) async throws {
      try await PostgresCluster.withCluster(ServerPair.configured.target.options()) { cluster in
        let authority = try await cluster.turnOnTLS()
        let server = SecureServer(
          cluster: cluster, authority: authority, otherAuthority: try await cluster.makeAuthority(named: "stranger"))
        try await cluster.createDatabase(named: "office").run(Scenario.people)
        try await cluster.createDatabase(named: "app").run(Scenario.appPeople)
        try await body(server)
      }
    }

    private func sync(
      _ source: String, _ target: String, environment: [String: String?] = [:]
    ) async throws -> PGTideProcess.Ended {
      let yaml = "source: ${OFFICE}\ntarget: ${APP}\norigin: {column: source, ours: D}\ntables: [people]\n"
      return try await PGTideProcess.run(
        "$PGTIDE sync", files: ["pgtide.yaml": yaml],
        environment: environment.merging(["OFFICE": source, "APP": target]) { $1 })
    }

    @Test func `verify-full works, by the connection string and by the environment`() async throws {
      try await withSecureServer { server async throws in
        let verify = "sslmode=verify-full sslrootcert=\(server.authority)"
        let first = try await sync(server.connection("office", verify), server.connection("app", verify))
        #expect(first.code == 0, "\(first.errors)")
        let second = try await sync(
          server.connection("office", ""), server.connection("app", ""),
          environment: ["PGSSLMODE": "verify-full", "PGSSLROOTCERT": server.authority])
        #expect(second.code == 0, "\(second.errors)")
        let versions = try await server.cluster.database(named: "app").value("SELECT count(*) FROM people")
        #expect(versions == "3")
      }
    }

    @Test func `what verifying refuses is told with what to do, and nothing is written`() async throws {
      try await withSecureServer { server async throws in
        let wrongName = server.connection(
          "app", "sslmode=verify-full sslrootcert=\(server.authority)", host: "db.example")
        let wrongAuthority = server.connection("app", "sslmode=verify-full sslrootcert=\(server.otherAuthority)")
        let noAuthority = server.connection("app", "sslmode=verify-full sslrootcert=/nowhere/root.crt")
        for (target, says, advice) in [
          (wrongName, #"does not match host name "db.example""#, "Connect by a name that stands in the server's"),
          (wrongAuthority, "certificate verify failed", "is not signed by what `sslrootcert`"),
          (noAuthority, "root certificate file \"/nowhere/root.crt\" does not exist", "`sslrootcert=FILE`"),
        ] {
          let ended = try await sync(server.connection("office", ""), target)
          #expect(ended.code == 5)
          #expect(ended.errors.contains(says) && ended.errors.contains("what to do: "), "\(ended.errors)")
          #expect(ended.errors.contains(advice), "\(ended.errors)")
        }
        let app = server.cluster.database(named: "app")
        #expect(
          try await app.value("SELECT to_regnamespace('pgtide') IS NULL AND NOT EXISTS (SELECT FROM people)") == "t")
      }
    }

    @Test func `a server without TLS is refused under require, and nothing is written`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        let ended = try await sync(
          scenario.source.connectionString, scenario.target.tcpConnectionString + " sslmode=require")
        #expect(ended.code == 5)
        #expect(ended.errors.contains("server does not support SSL, but SSL was required"))
        #expect(ended.errors.contains("what to do: Turn TLS on at the server"))
        #expect(try await scenario.target.value("SELECT to_regnamespace('pgtide') IS NULL") == "t")
      }
    }

    /// An address of this machine that is not the loopback's; `nil` if it has none.
    private static func ownAddress() async -> String? {
      let result = try? await run(.name("hostname"), arguments: ["-I"], output: .string(limit: 4096))
      return result?.standardOutput.split { $0.isWhitespace }.map(String.init)
        .first { $0.contains(".") && !$0.hasPrefix("127.") }
    }

    @Test(.enabled("needs an address beside the loopback's") { await ownAddress() != nil })
    func `a server that is reached over a network without require is warned of`() async throws {
      let address = try #require(await Self.ownAddress())
      let options = ServerPair.configured.target.options(settings: ["listen_addresses": "127.0.0.1,\(address)"])
      try await PostgresCluster.withCluster(options) { cluster in
        let rule = "\nhost all all \(address)/32 scram-sha-256\n"
        let file = "\(cluster.dataDirectory)/pg_hba.conf"
        let rules = try String(contentsOfFile: file, encoding: .utf8)
        try (rules + rule).write(toFile: file, atomically: false, encoding: .utf8)
        try await cluster.restart()
        try await cluster.createDatabase(named: "office").run(Scenario.people)
        try await cluster.createDatabase(named: "app").run(Scenario.appPeople)
        let target = cluster.tcpConnectionString(database: "app") + " host=\(address)"
        let office = cluster.connectionString(database: "office")
        let warning = "the target \(address) is another machine, and sslmode=prefer does not insist on an encrypted"
        let ended = try await sync(office, target)
        #expect(ended.code == 0)
        #expect(ended.errors.contains("warning: \(warning)"))
        #expect(ended.output.contains(warning))
        let configuration = SyncConfiguration(
          source: EndConfiguration(connection: office), target: EndConfiguration(connection: target),
          origin: .marker(column: "source", ours: "D"), tables: [TableConfiguration(target: TableName(name: "people"))])
        #expect(try await Sync(configuration).plan().notices.contains { $0.contains(warning) })
        let insisting = try await sync(office, target, environment: ["PGSSLMODE": "require"])
        #expect(insisting.code == 5)
      }
    }
  }
}
