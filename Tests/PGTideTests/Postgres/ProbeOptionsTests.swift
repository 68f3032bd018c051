import Testing

@testable import ConnectionStrings
@testable import Postgres
@testable import PostgresValues

/// The connection that asks what has become of another one.
@Suite struct ProbeOptionsTests {
  @Test func `a probe sets up no session, and is watched by nobody`() {
    var options = ConnectionOptions(
      label: "target connection 2", connectionString: "host=db", settings: [("lock_timeout", "100")],
      stallWatch: StallWatch(limit: .seconds(1)))
    options.end = "target"
    options.demands = [("session_replication_role", "origin")]
    options.wishes = [("work_mem", "64MB")]
    options.guardsSearchPath = true
    let probe = options.forProbe
    #expect(probe.settings.isEmpty && probe.demands.isEmpty && probe.wishes.isEmpty)
    #expect(!probe.guardsSearchPath)
    #expect(probe.stallWatch == nil)
    #expect(probe.label == "target connection 2 (probe)")
    #expect(probe.connectionString == options.connectionString)
  }
}
