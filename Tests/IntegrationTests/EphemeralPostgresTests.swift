import EphemeralPostgres
import FoundationEssentials
import PracticeData
import Testing

extension Integration {
  @Suite struct EphemeralPostgresTests {
    @Test func `a cluster answers on its socket`() async throws {
      try await withDatabases { source, target async throws in
        #expect(try await source.value("SELECT 1 + 1") == "2")
        #expect(try await target.value("SHOW full_page_writes") == "on")
        #expect(try await target.value("SHOW server_encoding") == "UTF8")
      }
    }

    @Test func `rows keep empty values, NULLs and line feeds apart`() async throws {
      try await withDatabases { source, _ in
        let rows = try await source.rows("VALUES ('', NULL, E'a\\nb|c'), ('x', 'y', 'z')")
        #expect(rows == [["", "NULL", "a\nb|c"], ["x", "y", "z"]])
        #expect(try await source.rows("SELECT 1 WHERE false").isEmpty)
        #expect(try await source.rows("SELECT ''") == [[""]])
      }
    }

    @Test func `a failing statement is thrown with the server's words`() async throws {
      try await withDatabases { source, _ in
        let error = await #expect(throws: ClusterError.self) { try await source.run("SELECT * FROM nowhere") }
        #expect(error?.output.contains(#"relation "nowhere" does not exist"#) == true)
      }
    }

    @Test func `each test has databases of its own`() async throws {
      try await withDatabases { first, _ in
        try await first.run("CREATE TABLE mine (id int)")
        try await withDatabases { second, _ async throws in
          #expect(try await second.value("SELECT to_regclass('mine')") == "NULL")
        }
      }
    }

    @Test func `a crashed cluster starts again`() async throws {
      try await PostgresCluster.withCluster(ClusterOptions(settings: ["work_mem": "7MB"])) { cluster in
        let database = try await cluster.createDatabase(named: "it's \"mine\"")
        try await database.run("CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)")
        try await database.run("CREATE UNLOGGED TABLE lost (id int); INSERT INTO lost VALUES (1)")
        let pid = try #require(cluster.pid)

        try await cluster.crash()
        #expect(cluster.pid == nil)
        try await cluster.start()

        #expect(cluster.pid != pid)
        #expect(try await database.value("SELECT count(*) FROM kept") == "1")
        #expect(try await database.value("SELECT count(*) FROM lost") == "0")
        #expect(try await database.value("SHOW work_mem") == "7MB")
        #expect(cluster.logTail().contains("ready to accept connections"))
      }
    }

    @Test func `a cluster is gone when its body throws`() async throws {
      struct Stop: Error { let directory: String }
      let stop = await #expect(throws: Stop.self) {
        try await PostgresCluster.withCluster { cluster in throw Stop(directory: cluster.directory) }
      }
      #expect(!FileManager.default.fileExists(atPath: try #require(stop).directory))
    }

    @Test func `a cluster is gone when its task is cancelled`() async throws {
      let (directories, continuation) = AsyncStream.makeStream(of: String.self)
      let task = Task {
        try await PostgresCluster.withCluster { cluster in
          continuation.yield(cluster.directory)
          try await Task.sleep(for: .seconds(60))
        }
      }
      let directory = try #require(await directories.first { _ in true })
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(!FileManager.default.fileExists(atPath: directory))
    }

    @Test func `TCP takes the connection string with the password, and none without`() async throws {
      try await withDatabases { source, _ in
        let rows = try await source.rows(
          #"\connect "\#(source.tcpConnectionString)"\#nSELECT host(inet_server_addr())"#)
        #expect(rows == [["127.0.0.1"]])
        let error = await #expect(throws: ClusterError.self) {
          try await source.run(#"\connect "host=127.0.0.1 port=\#(source.cluster.port) user=postgres password=wrong""#)
        }
        #expect(error?.output.contains("password authentication failed") == true)
      }
    }
  }
}
