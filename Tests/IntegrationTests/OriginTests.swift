import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Whose row it is, and what a sync may do to it.
  @Suite struct OriginTests {
    private func withPeople<R: Sendable>(_ body: (Scenario) async throws -> R) async throws -> R {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople, body)
    }

    @Test func `a new source row arrives, marked as ours and stamped`() async throws {
      try await withPeople { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.outcome == .success)
        #expect(report.totals.inserted == 3)
        let rows = try await scenario.target.rows(
          "SELECT id, name, source, created_at = updated_at FROM people ORDER BY id")
        #expect(rows == [["1", "Ann", "D", "t"], ["2", "Bob", "D", "t"], ["3", "Cid", "D", "t"]])
      }
    }

    @Test func `a changed source row overwrites ours, and leaves its marker and created_at`() async throws {
      try await withPeople { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        let created = try await scenario.target.value("SELECT created_at FROM people WHERE id = 2")
        try await scenario.source.run("UPDATE people SET name = 'Bea' WHERE id = 2")
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.totals.updated == 1)
        #expect(report.totals.unchanged == 2)
        let row = try await scenario.target.rows(
          "SELECT name, source, created_at, updated_at > created_at FROM people WHERE id = 2")
        #expect(row == [["Bea", "D", created, "t"]])
      }
    }

    @Test(.needs(.icu), arguments: ["text COLLATE look", "varchar(3) COLLATE look", "mark"])
    func `a marker that another collation takes for ours is not`(type: String) async throws {
      let target = """
        CREATE COLLATION look (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE DOMAIN mark AS text COLLATE look;
        CREATE TABLE people (id int PRIMARY KEY, name text, source \(type));
        INSERT INTO people VALUES (1, 'app', 'd'), (2, 'old', 'D');
        """
      let source =
        "CREATE TABLE people (id int, name text); INSERT INTO people VALUES (1, 'new'), (2, 'new'), (3, 'new')"
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.totals.protected == 1)
        #expect(
          try await scenario.target.value("SELECT string_agg(name || source, ' ' ORDER BY id) FROM people")
            == "appd newD newD")
        #expect(try await scenario.sync(scenario.configuration("people")).totals.unchanged == 2)
      }
    }

    @Test func `a row the app created survives a full sync`() async throws {
      try await withPeople { scenario async throws in
        try await scenario.target.run("INSERT INTO people VALUES (100, 'App', 'M', '2020-01-01', '2020-01-02')")
        let before = try await scenario.target.rows("SELECT *, xmin, ctid FROM people WHERE id = 100")
        try await scenario.sync(scenario.configuration("people"))
        #expect(try await scenario.target.rows("SELECT *, xmin, ctid FROM people WHERE id = 100") == before)
      }
    }

    @Test func `a source row whose key the app's row holds changes nothing and is counted as protected`() async throws {
      try await withPeople { scenario async throws in
        try await scenario.target.run("INSERT INTO people VALUES (2, 'Mine', 'M', '2020-01-01', '2020-01-02')")
        let before = try await scenario.target.rows("SELECT *, xmin, xmax FROM people WHERE id = 2")
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.totals.protected == 1)
        #expect(report.totals.inserted == 2)
        #expect(try await scenario.target.rows("SELECT *, xmin, xmax FROM people WHERE id = 2") == before)
      }
    }

    @Test func `ours with a NULL marker is updated and keeps it`() async throws {
      try await withPeople { scenario async throws in
        try await scenario.target.run("INSERT INTO people VALUES (2, 'Old', NULL, '2020-01-01', '2020-01-02')")
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.totals.updated == 1)
        #expect(try await scenario.target.rows("SELECT name, source FROM people WHERE id = 2") == [["Bob", "NULL"]])
      }
    }

    @Test func `a row that is gone from the source stays on the target`() async throws {
      try await withPeople { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        try await scenario.source.run("DELETE FROM people WHERE id = 1")
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.totals.unchanged == 2)
        #expect(try await scenario.target.value("SELECT count(*) FROM people") == "3")
      }
    }

    @Test func `without a marker every row is ours, if the configuration says so`() async throws {
      let target = "CREATE TABLE people (id int PRIMARY KEY, name text); INSERT INTO people VALUES (1, 'Old')"
      try await withScenario(source: Scenario.people, target: target) { scenario async throws in
        let table = TableConfiguration(target: TableName(name: "people"), origin: .allRowsAreOurs)
        let report = try await scenario.sync(scenario.configuration([table]))
        #expect(report.totals.updated == 1)
        #expect(report.totals.inserted == 2)
      }
    }

    @Test func `rows without a marker are protected where the configuration says so`() async throws {
      try await withPeople { scenario async throws in
        try await scenario.target.run("INSERT INTO people VALUES (2, 'Of the target', NULL), (9, 'Too', NULL)")
        var configuration = scenario.configuration("people")
        configuration.origin = .marker(column: "source", ours: "D", null: .protected)
        configuration.deletes = .remove
        let before = try await scenario.target.rows("SELECT *, xmin, ctid FROM people WHERE source IS NULL ORDER BY id")
        let report = try await scenario.sync(configuration)
        #expect(report.totals.inserted == 2)
        #expect(report.totals.protected == 1)
        try await scenario.source.run("UPDATE people SET name = name || '!'; DELETE FROM people WHERE id = 3")
        #expect(try await scenario.sync(configuration).totals.deleted == 1)
        #expect(
          try await scenario.target.value("SELECT string_agg(name, ' ') FROM people WHERE source = 'D'") == "Ann!")
        #expect(
          try await scenario.target.rows("SELECT *, xmin, ctid FROM people WHERE source IS NULL ORDER BY id") == before)
      }
    }

    @Test func `with updates kept out, rows go in once`() async throws {
      try await withPeople { scenario async throws in
        var configuration = scenario.configuration("people")
        configuration.updates = .keep
        try await scenario.target.run("INSERT INTO people VALUES (2, 'Corrected', 'D')")
        #expect(try await scenario.sync(configuration).totals.inserted == 2)
        try await scenario.source.run("UPDATE people SET name = name || '!'; INSERT INTO people VALUES (4, 'Dan')")
        for configuration in [configuration, configuration.staged] {
          try await scenario.sync(configuration)
          #expect(
            try await scenario.target.value("SELECT string_agg(name, ' ' ORDER BY id) FROM people")
              == "Ann Corrected Cid Dan")
        }
        try await scenario.target.run("DELETE FROM people WHERE id = 1")
        let report = try await scenario.sync(configuration)
        #expect(report.totals.inserted == 1)
        #expect(report.totals.unchanged == 3)
        #expect(try await scenario.target.value("SELECT name FROM people WHERE id = 1") == "Ann!")
        #expect(try await scenario.check(configuration).outcome == .level)
      }
    }
  }

  /// The app writes while the merge does.
  @Suite struct RaceTests {
    /// Lets the app write in an open transaction, and commit once the sync waits for it.
    private func withApp(
      _ write: SQL, during scenario: Scenario, then end: SQL = "COMMIT"
    ) async throws -> SyncReport {
      let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
      return try await Postgres.withConnection(options) { app in
        try await app.batch(["BEGIN", write])
        async let report = scenario.sync(scenario.configuration("people"))
        try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
        try await app.query(end)
        return try await report
      }
    }

    @Test func `a row the app inserts under the same key while the sync runs survives and is counted`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        let report = try await withApp("INSERT INTO people VALUES (2, 'App', 'M')", during: scenario)
        #expect(report.outcome == .success)
        #expect(report.totals.inserted == 2)
        #expect(report.totals.protected == 1)
        #expect(try await scenario.target.rows("SELECT name, source FROM people WHERE id = 2") == [["App", "M"]])
      }
    }

    @Test func `a row the app inserts and takes back while the sync runs is inserted by the sync`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        let report = try await withApp("INSERT INTO people VALUES (2, 'App', 'M')", during: scenario, then: "ROLLBACK")
        #expect(report.totals.inserted == 3)
        #expect(try await scenario.target.rows("SELECT name, source FROM people WHERE id = 2") == [["Bob", "D"]])
      }
    }

    @Test func `a row that becomes ours while the sync runs is updated`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        let report = try await withApp("INSERT INTO people VALUES (2, 'Other', 'D')", during: scenario)
        #expect(report.totals.inserted == 2)
        #expect(report.totals.updated == 1)
        #expect(try await scenario.target.rows("SELECT name, source FROM people WHERE id = 2") == [["Bob", "D"]])
      }
    }

    @Test func `a row of ours that the app claims while the sync runs keeps the app's values and is counted`()
      async throws
    {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        try await scenario.source.run("UPDATE people SET name = name || '!'")
        let report = try await withApp(
          "UPDATE people SET source = 'M', name = 'Claimed' WHERE id = 2", during: scenario)
        #expect(report.totals.updated == 2)
        #expect(report.totals.protected == 1)
        #expect(try await scenario.target.rows("SELECT name, source FROM people WHERE id = 2") == [["Claimed", "M"]])
      }
    }

    @Test func `a row of ours that the app deletes while the sync runs is inserted again`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        try await scenario.source.run("UPDATE people SET name = name || '!'")
        let report = try await withApp("DELETE FROM people WHERE id = 2", during: scenario)
        #expect(report.totals.updated == 2)
        #expect(report.totals.inserted == 1)
        #expect(try await scenario.target.rows("SELECT name, source FROM people WHERE id = 2") == [["Bob!", "D"]])
      }
    }
  }
}
