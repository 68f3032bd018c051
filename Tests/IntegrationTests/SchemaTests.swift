import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Names: schemas, flows, and what must not be mixed up.
  @Suite struct SchemaTests {
    private func name(_ schema: String, _ name: String) -> TableName { TableName(schema: schema, name: name) }

    @Test func `tables of one name in two schemas are two tables`() async throws {
      let source = """
        CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.t (id int); CREATE TABLE b.t (id int);
        INSERT INTO a.t VALUES (1); INSERT INTO b.t VALUES (2), (3);
        """
      let target = """
        CREATE SCHEMA a; CREATE SCHEMA b;
        CREATE TABLE a.t (id int PRIMARY KEY, source text); CREATE TABLE b.t (id int PRIMARY KEY, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let tables = ["a", "b"].map { TableConfiguration(target: name($0, "t"), source: .relation(name($0, "t"))) }
        let report = try await scenario.sync(scenario.configuration(tables))
        #expect(report.table("a.t")?.counts.inserted == 1)
        #expect(report.table("b.t")?.counts.inserted == 2)
        #expect(
          try await scenario.target.rows("SELECT table_name, records_synced FROM _sync_metadata ORDER BY 1")
            == [["a.t", "1"], ["b.t", "2"]])
      }
    }

    @Test func `stages stay apart, wherever the underscores stand`() async throws {
      let source = """
        CREATE SCHEMA a; CREATE SCHEMA a_b; CREATE TABLE a.b_c (id int); CREATE TABLE a_b.c (id int);
        INSERT INTO a.b_c VALUES (1); INSERT INTO a_b.c VALUES (2);
        """
      let target = """
        CREATE SCHEMA a; CREATE SCHEMA a_b;
        CREATE TABLE a.b_c (id int PRIMARY KEY, source text); CREATE TABLE a_b.c (id int PRIMARY KEY, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let tables = [("a", "b_c"), ("a_b", "c")].map {
          TableConfiguration(target: name($0, $1), source: .relation(name($0, $1)))
        }
        let report = try await scenario.sync(scenario.configuration(tables))
        #expect(report.outcome == .success)
        #expect(try await scenario.target.rows("SELECT id FROM a.b_c") == [["1"]])
      }
    }

    @Test func `two flows over one table keep stages of their own`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        var nightly = scenario.configuration("people").staged
        nightly.flow = "nightly"
        try await scenario.sync(nightly)
        let report = try await scenario.sync(scenario.configuration("people").staged)
        #expect(report.totals.unchanged == 3)
        #expect(
          try await scenario.target.rows("SELECT relname FROM pg_class WHERE relname ~ '^stage_' ORDER BY 1")
            == [["stage_forward_public_people"], ["stage_nightly_public_people"]])
      }
    }

    @Test func `the way back takes the app's rows, and leaves the desktop's`() async throws {
      let source = """
        CREATE TABLE people (id int PRIMARY KEY, name text, source char(1));
        INSERT INTO people VALUES (1, 'Ann', 'D'), (2, 'Bob', 'D');
        """
      let target = "\(Scenario.appPeople) INSERT INTO people VALUES (1, 'Ann!', 'D'), (7, 'App', 'M'), (8, 'App', 'M')"
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.configuration([
          TableConfiguration(target: TableName(name: "people"), filter: "src.source = 'M'")
        ])
        configuration.flow = "reverse"
        swap(&configuration.source, &configuration.target)
        configuration.origin = .marker(column: "source", ours: "M")
        let report = try await scenario.sync(configuration)
        #expect(report.totals.inserted == 2)
        #expect(
          try await scenario.source.rows("SELECT id, name, source FROM people ORDER BY id")
            == [["1", "Ann", "D"], ["2", "Bob", "D"], ["7", "App", "M"], ["8", "App", "M"]])
      }
    }

    @Test func `a changed table gets a stage of its new shape`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        try await scenario.source.run("ALTER TABLE people ADD age int; UPDATE people SET age = 30 + id")
        try await scenario.target.run("ALTER TABLE people ADD age int")
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.totals.updated == 3)
        #expect(try await scenario.target.rows("SELECT age FROM people ORDER BY id") == [["31"], ["32"], ["33"]])
      }
    }

    @Test func `no status table is made when none is wanted`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        var configuration = scenario.configuration("people")
        configuration.metadata.enabled = false
        try await scenario.sync(configuration)
        #expect(try await scenario.target.value("SELECT to_regclass('_sync_metadata') IS NULL") == "t")
      }
    }

    @Test func `the status table stands where the configuration says`() async throws {
      try await withScenario(source: Scenario.people, target: "CREATE SCHEMA ops; \(Scenario.appPeople)") {
        scenario async throws in
        var configuration = scenario.configuration("people")
        configuration.metadata = MetadataConfiguration(table: "Status", schema: "ops")
        try await scenario.sync(configuration)
        #expect(
          try await scenario.target.rows(#"SELECT table_name, sync_status FROM ops."Status""#) == [
            ["people", "success"]
          ])
      }
    }

    @Test func `a failure leaves the time and the rows of the last success`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        let query = "SELECT records_synced, last_sync_timestamp FROM _sync_metadata"
        let before = try await scenario.target.rows(query)
        try await scenario.target.run(Scenario.failing("people"))
        try await scenario.source.run("INSERT INTO people VALUES (4, 'Dan')")
        try await scenario.sync(scenario.configuration("people"))
        #expect(try await scenario.target.rows(query) == before)
        #expect(try await scenario.target.value("SELECT sync_status FROM _sync_metadata") == "failed")
      }
    }
  }
}
