import EphemeralPostgres
import FaultProxy
import Postgres
import Testing

extension Integration {
  /// The link that breaks on demand does so where it is told.
  @Suite struct FaultProxyTests {
    /// Runs `body` with a proxy before the target's server, and the options that go through it.
    private func withProxy<R: Sendable>(
      link: Link = .instant, watching texts: [String] = [],
      _ body: (FaultProxy, ConnectionOptions, TestDatabase) async throws -> R
    ) async throws -> R {
      try await withDatabases { _, target in
        try await withFaultProxy(to: .unixSocket(target.cluster.socketPath), link: link, watching: texts) { proxy in
          let options = ConnectionOptions(label: "client", connectionString: target.connectionString(through: proxy))
          return try await body(proxy, options, target)
        }
      }
    }

    private func query(_ options: ConnectionOptions, _ sql: SQL) async throws -> String? {
      try await withConnection(options) { try await $0.query(sql).rows.first?[0] }
    }

    @Test func `what goes through arrives whole, and is counted`() async throws {
      try await withProxy { proxy, options, _ async throws in
        #expect(try await query(options, "SELECT repeat('x', 300000)")?.count == 300_000)
        let traffic = await proxy.traffic
        #expect(traffic.connections == 1)
        #expect(traffic.bytesToClient > 300_000)
        // The start of the session, and the query.
        #expect(traffic.answers == 2)
      }
    }

    @Test func `a cut lets so many bytes through and not one more`() async throws {
      try await withProxy { proxy, options, _ async throws in
        let (strikes, told) = AsyncStream.makeStream(of: Strike.self)
        try await withConnection(options) { connection async throws in
          let gone = await proxy.traffic.bytes
          proxy.arm(Fault(at: .bytes(gone + 5000), .cut(.reset))) { told.yield($0) }
          let error = await #expect(throws: PostgresError.self) {
            try await connection.query("SELECT repeat('x', 300000)")
          }
          #expect(error?.kind == .connectionLost)
          let strike = try #require(await strikes.first { _ in true })
          #expect(strike.traffic.bytes == gone + 5000)
        }
      }
    }

    @Test func `a cut of one connection leaves the others alone, a cut of all does not`() async throws {
      try await withProxy { proxy, options, _ async throws in
        try await withConnection(options) { first in
          try await withConnection(options) { second in
            proxy.arm(Fault(at: .turn(await proxy.traffic.requests + 1, .toServer), .cut(.close)))
            await #expect(throws: PostgresError.self) { try await first.query("SELECT 1") }
            _ = try await second.query("SELECT 1")
            await proxy.cutAll()
            await #expect(throws: PostgresError.self) { try await second.query("SELECT 1") }
          }
        }
      }
    }

    @Test(arguments: [true, false])
    func `a text can be cut off before the server gets it, or when it has answered`(_ isHeard: Bool) async throws {
      try await withProxy(watching: ["INSERT"]) { proxy, options, target async throws in
        try await target.run("CREATE TABLE t (id int)")
        proxy.arm(
          Fault(at: isHeard ? .answered("INSERT", time: 2) : .before("INSERT", time: 2), .cut(.reset)))
        await #expect(throws: PostgresError.self) {
          try await withConnection(options) { connection async throws in
            for _ in 1...3 { try await connection.query("INSERT INTO public.t VALUES (1)") }
          }
        }
        #expect(try await target.value("SELECT count(*) FROM t") == (isHeard ? "2" : "1"))
      }
    }

    @Test func `a stalled link goes on where it stopped`() async throws {
      try await withProxy { proxy, options, _ async throws in
        try await withConnection(options) { connection async throws in
          let start = ContinuousClock.now
          await proxy.stall(for: .milliseconds(150))
          #expect(try await connection.query("SELECT 7").rows.first?.int(0) == 7)
          #expect(start.duration(to: .now) >= .milliseconds(150))
        }
      }
    }

    @Test func `a link that is stalled for ever is given up by its cut only`() async throws {
      try await withProxy { proxy, options, _ async throws in
        try await withConnection(options) { connection async throws in
          await proxy.stall([.toClient])
          let asked = await proxy.traffic.requests
          let answer = Task { try await connection.query("SELECT 7") }
          // The server is asked, and its answer waits in the proxy.
          while await proxy.traffic.requests == asked { try await Task.sleep(for: .milliseconds(1)) }
          await proxy.heal()
          let error = await #expect(throws: PostgresError.self) { try await answer.value }
          #expect(error?.kind == .connectionLost)
        }
      }
    }

    @Test func `a refusing proxy takes connections again when it is healed`() async throws {
      try await withProxy { proxy, options, _ async throws in
        await proxy.refuse()
        let error = await #expect(throws: PostgresError.self) { try await query(options, "SELECT 1") }
        #expect(error?.kind == .cannotConnect)
        #expect(await proxy.traffic.refused > 0)
        await proxy.heal()
        #expect(try await query(options, "SELECT 1") == "1")
      }
    }

    @Test func `a link takes its delay for every round trip, and its width for the bytes`() async throws {
      let link = Link(roundTrip: .milliseconds(20), megabitsPerSecond: 8)
      try await withProxy(link: link) { _, options, _ async throws in
        try await withConnection(options) { connection async throws in
          let start = ContinuousClock.now
          for _ in 1...3 { try await connection.query("SELECT 1") }
          #expect(start.duration(to: .now) >= .milliseconds(60))
          let second = ContinuousClock.now
          // A megabyte a second.
          try await connection.query("SELECT repeat('x', 100000)")
          #expect(second.duration(to: .now) >= .milliseconds(100))
        }
      }
    }
  }
}

extension TestDatabase {
  /// A libpq keyword string for this database on the other side of `proxy`.
  func connectionString(through proxy: FaultProxy) -> String {
    "host=127.0.0.1 port=\(proxy.port) user=\(PostgresCluster.superuser) dbname=\(name) sslmode=disable "
      + "gssencmode=disable"
  }
}
