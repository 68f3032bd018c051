import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Databases of different encodings, and texts that one of them cannot send or hold.
  @Suite struct EncodingTests {
    /// Databases beside the scenario's, of other encodings.
    private func withEncodings<R: Sendable>(
      source: String = "UTF8", target: String = "UTF8", _ body: (Scenario) async throws -> R
    ) async throws -> R {
      try await withDatabases { here, there in
        func other(_ database: TestDatabase, _ encoding: String) async throws -> TestDatabase {
          let name = database.name + "_" + encoding.lowercased()
          try await database.run(
            "CREATE DATABASE \(name) TEMPLATE template0 ENCODING '\(encoding)' LC_COLLATE 'C' LC_CTYPE 'C'")
          return database.cluster.database(named: name)
        }
        let scenario = Scenario(source: try await other(here, source), target: try await other(there, target))
        let result = try await body(scenario)
        try await here.run("DROP DATABASE \(scenario.source.name) WITH (FORCE)")
        try await there.run("DROP DATABASE \(scenario.target.name) WITH (FORCE)")
        return result
      }
    }

    private func configuration(_ scenario: Scenario, _ way: Way) -> SyncConfiguration {
      var configuration = scenario.configuration("customer", "visit")
      configuration.origin = .allRowsAreOurs
      configuration.settings.digest = .auto
      configuration.settings.directLoad = .auto
      if way == .text { configuration.settings.copyFormat = .text }
      if way == .spilled { configuration.settings.spill.mode = .always }
      return configuration
    }

    enum Way: CaseIterable { case binary, text, spilled, atomic }

    private static let target = """
      CREATE TABLE customer (id int PRIMARY KEY, name varchar(20), tags text[], more jsonb);
      CREATE TABLE visit (name text PRIMARY KEY, customer int REFERENCES customer);
      """
    private static let kept = """
      SELECT table_name, row_key::text, column_name, reason FROM pgtide.rejects ORDER BY 1, 2
      """

    private func check(_ scenario: Scenario, _ way: Way, badKey: String) async throws {
      let options = Sync.Options(isAtomic: way == .atomic)
      for run in 1...2 {
        let report = try await scenario.sync(configuration(scenario, way), options: options)
        #expect(report.outcome == .rejects)
        #expect(report.table("customer")?.counts.written == (run == 1 ? 3000 : 0))
        #expect(report.table("customer")?.counts.rejected == 2)
        #expect(report.table("visit")?.counts.rejected == 2)
        if run == 1 {
          #expect(
            try await scenario.target.rows(Self.kept) == [
              ["customer", #"{"id": 4001}"#, "name", "does not fit"],
              ["customer", #"{"id": 4002}"#, "tags", "does not fit"],
              ["visit", #"{"name": "\#(badKey)"}"#, "name", "does not fit"],
              ["visit", #"{"name": "orphan"}"#, "customer", "missing parent"],
            ])
        }
      }
      #expect(try await scenario.target.value("SELECT count(*) FROM visit") == "1")
    }

    @Test(arguments: Way.allCases) func `a byte that is no UTF-8 costs its row, and what refers to it`(
      _ way: Way
    ) async throws {
      try await withEncodings(source: "SQL_ASCII") { scenario in
        try await scenario.source.run(
          #"""
          CREATE TABLE customer (id int, name varchar(20), tags text[], more jsonb);
          INSERT INTO customer SELECT g, E'Zo\303\253', '{a}', '{}' FROM generate_series(1, 3000) g;
          INSERT INTO customer VALUES (4001, E'Zo\353', '{a}', '{}'), (4002, 'Ann', ARRAY[E'Zo\353'], '{}');
          CREATE TABLE visit (name text, customer int);
          INSERT INTO visit VALUES ('one', 1), (E'Zo\353', 2), ('orphan', 4001);
          """#)
        try await scenario.target.run(Self.target)
        try await check(scenario, way, badKey: #"Zo\\353"#)
        #expect(
          try await scenario.target.value("SELECT count(*) FROM customer WHERE name = U&'Zo\\00eb'") == "3000")
      }
    }

    @Test(arguments: Way.allCases) func `a character that the target does not have costs its row`(
      _ way: Way
    ) async throws {
      try await withEncodings(target: "LATIN1") { scenario in
        try await scenario.source.run(
          #"""
          CREATE TABLE customer (id int, name varchar(20), tags text[], more jsonb);
          INSERT INTO customer SELECT g, U&'Zo\00eb', '{a}', '{}' FROM generate_series(1, 3000) g;
          INSERT INTO customer VALUES (4001, U&'\017C', '{a}', '{}'), (4002, 'Ann', ARRAY[U&'\017C'], '{}');
          CREATE TABLE visit (name text, customer int);
          INSERT INTO visit VALUES ('one', 1), (U&'\017C', 2), ('orphan', 4001);
          """#)
        try await scenario.target.run(Self.target)
        try await check(scenario, way, badKey: #"\\305\\274"#)
        #expect(
          try await scenario.target.value(
            "SELECT count(*) FROM customer WHERE convert_to(name, 'UTF8') = 'Zo\\303\\253'")
            == "3000")
      }
    }

    @Test func `bytes of an answer that are no UTF-8 are an error, and none in a message is made another character`()
      async throws
    {
      try await withEncodings(source: "SQL_ASCII") { scenario in
        let options = ConnectionOptions(label: "raw", connectionString: scenario.source.connectionString)
        try await Postgres.withConnection(options) { connection async throws in
          try await connection.query("SET client_encoding = 'SQL_ASCII'")
          let value = await #expect(throws: PostgresError.self) {
            try await connection.batch([#"SELECT 1, 'Zo' || chr(235) AS name"#, "SELECT 2"])
          }
          #expect(value?.sqlState == "22021")
          #expect(value?.message.contains("name") == true)
          let message = await #expect(throws: PostgresError.self) {
            try await connection.query("SELECT ('Zo' || chr(235))::integer")
          }
          #expect(message?.message == #"invalid input syntax for type integer: "Zo\xeb""#)
          #expect(try await connection.query("SELECT 3").rows.first?.int(0) == 3)
        }
      }
    }

    @Test func `where every row is unreadable, the table fails and says how to read it`() async throws {
      try await withEncodings(source: "SQL_ASCII") { scenario in
        try await scenario.source.run(
          #"CREATE TABLE customer AS SELECT g AS id, E'Zo\353' AS name FROM generate_series(1, 20000) g"#)
        try await scenario.target.run("CREATE TABLE customer (id int PRIMARY KEY, name text)")
        var configuration = scenario.configuration("customer")
        configuration.origin = .allRowsAreOurs
        let report = try await scenario.sync(configuration)
        #expect(report.table("customer")?.error?.contains("convert_from") == true)
        configuration.tables[0].columns = [
          ColumnMapping(
            column: "name",
            value: .expression("pg_catalog.convert_from(pg_catalog.convert_to(src.name, 'SQL_ASCII'), 'LATIN1')"))
        ]
        #expect(try await scenario.sync(configuration).table("customer")?.error != nil)
      }
    }
  }
}
