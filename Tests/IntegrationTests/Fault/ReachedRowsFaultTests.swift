import EphemeralPostgres
import FaultProxy
import PGTide
import Testing

extension Integration {
  /// The connection goes while the server is asked which rows of others an update has written.
  @Suite struct ReachedRowsFaultTests {
    private static let source = """
      CREATE TABLE team (id int, name text); INSERT INTO team VALUES (1, 'red'), (2, 'blue'), (3, 'green');
      """
    private static let target = """
      CREATE TABLE team (id int PRIMARY KEY, name text UNIQUE, source char(1));
      CREATE TABLE note (id int PRIMARY KEY, team text REFERENCES team (name) ON UPDATE CASCADE, source char(1));
      """
    private static let question = "members (oid, is_reached"

    @Test func `the update is taken back and made again, and the rows of others stay as they are`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.sync(scenario.configuration("team"))
        try await scenario.target.run("INSERT INTO note VALUES (1, 'green', 'M')")
        let notes = try await scenario.target.rows("SELECT n.*, n.xmin FROM note n")
        let asked = try await run(scenario, fault: nil)
        try #require(asked >= 2)
        for number in 1...asked {
          for point in [Fault.Point.before(Self.question, time: number), .answered(Self.question, time: number)] {
            #expect(try await run(scenario, fault: Fault(at: point, .cut(.reset))) > 0)
            #expect(try await scenario.target.rows("SELECT n.*, n.xmin FROM note n") == notes, "\(point)")
          }
        }
      }
    }

    /// Renames teams to which no row refers. Returns how often the question was asked.
    private func run(_ scenario: Scenario, fault: Fault?) async throws -> Int {
      try await scenario.source.run("UPDATE team SET name = name || '+' WHERE id < 3")
      let asked = try await withFaultProxy(
        to: .unixSocket(scenario.target.cluster.socketPath), watching: [Self.question]
      ) { proxy async throws in
        var configuration = scenario.configuration("team").staged
        configuration.target.connection = scenario.target.connectionString(through: proxy)
        if let fault { proxy.arm(fault) }
        let report = try await scenario.sync(configuration)
        #expect(report.totals.updated == 2)
        return await proxy.traffic.seen[Self.question] ?? 0
      }
      let wanted = try await scenario.source.rows("SELECT id, name FROM team ORDER BY 1")
      #expect(try await scenario.target.rows("SELECT id, name FROM team ORDER BY 1") == wanted)
      return asked
    }
  }
}
