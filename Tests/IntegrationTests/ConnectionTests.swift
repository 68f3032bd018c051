import EphemeralPostgres
import Postgres
import Synchronization
import Testing

extension Integration {
  @Suite struct ConnectionTests {
    /// Opens a connection to a fresh database.
    private func withConnection<R: Sendable>(_ body: (Connection, TestDatabase) async throws -> R) async throws -> R {
      try await withDatabases { _, target in
        let options = ConnectionOptions(label: "test", connectionString: target.connectionString)
        return try await Postgres.withConnection(options) { try await body($0, target) }
      }
    }

    @Test func `values are bound, whatever they contain`() async throws {
      try await withConnection { connection, _ async throws in
        for value in ["'; DROP TABLE x; --", "back\\slash", "\"", "", "$1", "ünï\u{1F30A}"] {
          let answer = try await connection.query("SELECT \(bind: value)::text")
          #expect(answer.rows.first?[0] == value)
        }
        #expect(try await connection.query("SELECT \(bind: nil)::text IS NULL").rows.first?.bool(0) == true)
      }
    }

    @Test func `tasks that share a connection do not get into each other's statements`() async throws {
      try await withConnection { connection, _ async throws in
        try await withThrowingTaskGroup(of: (Int, Int?).self) { group in
          for number in 1...200 {
            group.addTask { (number, try await connection.query("SELECT \(number)").rows.first?.int(0)) }
          }
          for try await (number, answer) in group { #expect(answer == number) }
        }
      }
    }

    @Test func `statements in a batch are answered in their order`() async throws {
      try await withConnection { connection, _ async throws in
        let answers = try await connection.batch((1...50).map { "SELECT \($0)" })
        #expect(answers.map { $0.rows.first?.int(0) } == Array(1...50))
        #expect(try await connection.query("SELECT 7").rows.first?.int(0) == 7)
      }
    }

    @Test func `a batch stops at its first error, undoes what came before, and leaves the connection usable`()
      async throws
    {
      try await withConnection { connection, database async throws in
        try await database.run("CREATE TABLE t (n int)")
        let error = await #expect(throws: PostgresError.self) {
          try await connection.batch(["INSERT INTO t VALUES (1)", "SELECT 1 / 0", "INSERT INTO t VALUES (2)"])
        }
        #expect(error?.sqlState == "22012")
        #expect(error?.statement == "SELECT 1 / 0")
        #expect(try await connection.query("SELECT count(*) FROM t").rows.first?.int(0) == 0)
      }
    }

    @Test func `an error carries what the server said of it`() async throws {
      try await withConnection { connection, database async throws in
        try await database.run("CREATE TABLE t (n int CONSTRAINT positive CHECK (n > 0))")
        let error = await #expect(throws: PostgresError.self) {
          try await connection.query("INSERT INTO t VALUES (-1)")
        }
        #expect(error?.kind == .statement)
        #expect(error?.sqlState == "23514")
        #expect(error?.table == "public.t")
        #expect(error?.constraint == "positive")
        #expect(error?.connection == "test")
        #expect(error?.detail?.contains("-1") == true)
      }
    }

    @Test func `a cancelled task is not told of its own request as a statement's failure`() async throws {
      try await withConnection { connection, database async throws in
        let sleeper = Task { try await connection.attempt(["SELECT 1", "SELECT pg_sleep(601)", "SELECT 2"]) }
        try await database.wait(
          for: "1",
          from: "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(601)' AND state = 'active'")
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        #expect(try await connection.query("SELECT 1").rows.first?.int(0) == 1)
      }
    }

    @Test func `a cancelled task ends its statement on the server and keeps the connection`() async throws {
      try await withConnection { connection, database async throws in
        let sleeper = Task { try await connection.query("SELECT pg_sleep(600)") }
        let waiting =
          "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid() AND state = 'active'"
        try await database.wait(for: "1", from: waiting)
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        #expect(try await database.value(waiting) == "0")
        #expect(try await connection.query("SELECT 1").rows.first?.int(0) == 1)
      }
    }

    @Test func `a transaction that throws leaves nothing, also in a cancelled task`() async throws {
      struct Stop: Error {}
      try await withConnection { connection, database async throws in
        try await database.run("CREATE TABLE t (n int)")
        let work = Task {
          try await connection.transaction {
            try await connection.query("INSERT INTO t VALUES (1)")
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            throw Stop()
          }
        }
        await #expect(throws: Stop.self) { try await work.value }
        #expect(try await database.value("SELECT count(*) FROM t") == "0")
        #expect(try await connection.query("SELECT count(*) FROM t").rows.first?.int(0) == 0)
      }
    }

    @Test func `rows go out of one COPY and into another byte for byte`() async throws {
      try await withConnection { connection, database async throws in
        try await database.run(
          "CREATE TABLE a AS SELECT g, repeat(md5(g::text), g % 50) AS t FROM generate_series(1, 20000) g; CREATE TABLE b (LIKE a)"
        )
        let options = ConnectionOptions(label: "writer", connectionString: database.connectionString)
        try await Postgres.withConnection(options) { writer in
          let (_, read) = try await connection.copyOut("COPY a TO STDOUT (FORMAT binary)") { reader in
            let (_, written) = try await writer.copyIn("COPY b FROM STDIN (FORMAT binary)") { sink in
              let buffer = CopyBuffer(capacity: 1 << 16)
              while let full = try await reader.next(into: buffer, size: 1 << 16) { try await sink.write(full) }
            }
            #expect(written == 20_000)
          }
          #expect(read == 20_000)
        }
        #expect(try await database.value("SELECT count(*) FROM (TABLE a EXCEPT TABLE b) d") == "0")
      }
    }

    @Test func `a COPY in that is given up stores nothing and leaves the connection usable`() async throws {
      struct Stop: Error {}
      try await withConnection { connection, database async throws in
        try await database.run("CREATE TABLE t (n int)")
        await #expect(throws: Stop.self) {
          try await connection.copyIn("COPY t FROM STDIN") { sink in
            try await sink.write(CopyBuffer(Array("1\n2\n".utf8)))
            throw Stop()
          }
        }
        #expect(try await connection.query("SELECT count(*) FROM t").rows.first?.int(0) == 0)
      }
    }

    /// Writes these lines into `a`, `b` and `c` in one series, inside a transaction.
    private func series(_ connection: Connection, _ lines: [String]) async throws -> [Int] {
      try await connection.transaction {
        try await connection.copyInSeries(["COPY a FROM STDIN", "COPY b FROM STDIN", "COPY c FROM STDIN"]) { series in
          var stored: [Int] = []
          for line in lines {
            let (_, rows) = try await series.next { writer in try await writer.write(CopyBuffer(Array(line.utf8))) }
            stored.append(rows)
          }
          return stored
        }
      }
    }

    private func withThreeTables(_ body: (Connection) async throws -> Void) async throws {
      try await withConnection { connection, target in
        try await target.run("CREATE TABLE a (v int); CREATE TABLE b (v int); CREATE TABLE c (v int)")
        try await connection.query("SET search_path = public")
        try await body(connection)
        #expect(try await connection.query("SELECT 7").rows.first?.int(0) == 7)
      }
    }

    private static let total: SQL =
      "SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM b) + (SELECT count(*) FROM c)"

    @Test func `a series of COPYs stores each one's rows, and waits once for each`() async throws {
      try await withThreeTables { connection async throws in
        let trips = RoundTrips()
        let stored = try await RoundTrips.$current.withValue(trips) {
          try await series(connection, ["1\n2\n", "", "3\n"])
        }
        #expect(stored == [2, 0, 1])
        // BEGIN, the beginning of the first, an end of each, and COMMIT.
        #expect(trips.counts.values.reduce(0, +) == 6)
        #expect(try await connection.query(Self.total).rows.first?.int(0) == 3)
      }
    }

    @Test(arguments: [["x\n", "1\n", "1\n"], ["1\n", "x\n", "1\n"], ["1\n", "1\n", "x\n"], ["1\n", "1\n"]])
    func `a series in which one row is wrong, or that is left early, stores nothing`(_ lines: [String]) async throws {
      try await withThreeTables { connection async throws in
        let error = await #expect(throws: PostgresError.self) { try await series(connection, lines) }
        if let wrong = lines.firstIndex(of: "x\n") {
          #expect(error?.sqlState == "22P02")
          #expect(error?.statement == "COPY \(["a", "b", "c"][wrong]) FROM STDIN")
        }
        #expect(try await connection.query(Self.total).rows.first?.int(0) == 0)
      }
    }

    @Test func `a COPY of a series that cannot begin is named in its error`() async throws {
      try await withThreeTables { connection async throws in
        try await connection.query("DROP TABLE b")
        let error = await #expect(throws: PostgresError.self) { try await series(connection, ["1\n", "1\n", "1\n"]) }
        #expect(error?.statement == "COPY b FROM STDIN")
        #expect(try await connection.query("SELECT count(*) FROM a").rows.first?.int(0) == 0)
      }
    }

    @Test func `a COPY out that is left early is ended on the server and leaves the connection usable`() async throws {
      struct Stop: Error {}
      try await withConnection { connection, _ async throws in
        await #expect(throws: Stop.self) {
          // Made row by row; in FROM the server would first make all of them.
          try await connection.copyOut("COPY (SELECT generate_series(1, 100000000)) TO STDOUT") { reader in
            _ = try await reader.next(into: CopyBuffer(capacity: 1 << 16), size: 1 << 16)
            throw Stop()
          }
        }
        #expect(try await connection.query("SELECT 1").rows.first?.int(0) == 1)
      }
    }

    @Test func `a COPY out has ended only when the server has said so`() async throws {
      // All rows come, and then the error; a whole buffer holds them.
      let sql: SQL = "COPY (SELECT 100 / (3 - g) FROM generate_series(1, 3) g) TO STDOUT"
      try await withConnection { connection, _ async throws in
        var isRead = false
        var sqlState: String?
        do {
          _ = try await connection.copyOut(sql) { reader in
            _ = try await reader.next(into: CopyBuffer(capacity: 1 << 10), size: 1 << 10)
            isRead = true
          }
        } catch let error as PostgresError {
          sqlState = error.sqlState
        }
        #expect(sqlState == "22012")
        #expect(!isRead)
        #expect(try await connection.query("SELECT 1").rows.first?.int(0) == 1)
      }
    }

    @Test func `every wait is counted, also for statements that stand for themselves or are only described`()
      async throws
    {
      try await withConnection { connection, _ async throws in
        let trips = RoundTrips()
        try await RoundTrips.$current.withValue(trips) {
          try await connection.batch(["SELECT 1", "SELECT 2"])
          #expect(trips.counts.values.reduce(0, +) == 1)
          #expect(try await connection.attempt(["SELECT 1", "SELECT 1/0", "SELECT 3"]).count == 3)
          #expect(trips.counts.values.reduce(0, +) == 2)
          #expect(try await connection.describe(["SELECT 1", "SELECT nothing"]).count == 2)
          #expect(trips.counts.values.reduce(0, +) == 3)
        }
      }
    }

    @Test func `questions of several kinds are asked in one message, and none gets another's answer`() async throws {
      try await withConnection { connection, _ async throws in
        let trips = RoundTrips()
        try await RoundTrips.$current.withValue(trips) {
          let (number, _, texts) = try await connection.ask(
            Question("SELECT 7") { $0.rows.first?.int(0) }, .running(["SELECT 1", "SELECT 2"] as [SQL]),
            .each(["a", "b"].map { text in Question("SELECT \(bind: text)::text" as SQL) { $0.rows.first?.text(0) } }))
          #expect(number == 7 && texts == ["a", "b"])
        }
        #expect(trips.counts.values.reduce(0, +) == 1)
      }
    }

    @Test func `described statements tell their columns, and one that is wrong does not spoil the others`() async throws
    {
      try await withConnection { connection, _ async throws in
        let answers = try await connection.describe([
          "SELECT 1::int8 AS a, 'x'::varchar(5) AS b", "SELECT nonsense", "SELECT now() AS c",
        ])
        #expect(try answers[0].get().map(\.name) == ["a", "b"])
        #expect(try answers[0].get().map(\.typeOID) == [20, 1043])
        #expect(throws: PostgresError.self) { try answers[1].get() }
        #expect(try answers[2].get().map(\.name) == ["c"])
      }
    }

    @Test func `a session that the server ends is a lost connection`() async throws {
      try await withConnection { connection, database async throws in
        let pid = try await connection.query("SELECT pg_backend_pid()").rows[0].text(0)
        try await database.run("SELECT pg_terminate_backend(\(pid))")
        let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
        #expect(error?.kind == .connectionLost)
        #expect(await connection.isUsable == false)
      }
    }

    @Test func `a refused connection shows neither the password nor the connection string`() async throws {
      try await withDatabases { _, target async throws in
        let secret = "marked-secret"
        let wrong = target.tcpConnectionString.replacing(#/password=\S+/#, with: "") + " password=\(secret)"
        for string in [
          wrong, "password='\(secret)", "postgresql://user:\(secret)%zz@host/db", "postgresql://user:p@\(secret)@/x:y",
          "host=/nowhere password=\(secret)",
        ] {
          let error = await #expect(throws: PostgresError.self) {
            try await Connection.open(ConnectionOptions(label: "source", connectionString: string))
          }
          #expect(error?.kind == .cannotConnect)
          #expect("\(String(describing: error))".contains(secret) == false, "\(string)")
        }
      }
    }

    @Test func `settings that a server does not know are left out`() async throws {
      try await withDatabases { _, target async throws in
        let options = ConnectionOptions(
          label: "test", connectionString: target.connectionString,
          settings: [("no_such_setting_of_any_version", "1"), ("work_mem", "12MB")])
        let value = try await Postgres.withConnection(options) {
          try await $0.query("SHOW work_mem").rows.first?.text(0)
        }
        #expect(value == "12MB")
      }
    }

    @Test func `every statement is traced, without its values`() async throws {
      try await withDatabases { _, target async throws in
        let traces = TraceCollector()
        let options = ConnectionOptions(
          label: "test", connectionString: target.connectionString, tracer: { traces.add($0) })
        try await Postgres.withConnection(options) { connection in
          try await connection.query("SELECT \(bind: "hidden value")::text")
          _ = try? await connection.query("SELECT 1 / 0")
        }
        #expect(traces.statements == ["SELECT $1::text", "SELECT 1 / 0"])
        #expect(traces.failures == ["data exception (SQLSTATE 22012)"])
      }
    }
  }
}

/// Keeps what a connection's tracer was told.
final class TraceCollector: Sendable {
  private let traces = Mutex<[StatementTrace]>([])

  func add(_ trace: StatementTrace) { traces.withLock { $0.append(trace) } }

  var statements: [String] { traces.withLock { $0.map(\.statement) } }

  var failures: [String] { traces.withLock { $0.compactMap(\.failure) } }
}
