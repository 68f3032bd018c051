import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Tables whose key only the target makes, and tables without one.
  @Suite struct PairingTests {
    static let source = """
      CREATE TABLE item (task int, name text, done numeric, note text);
      INSERT INTO item VALUES (1, 'a', 1.0, 'x'), (1, 'a', 1.0, 'x'), (1, NULL, 2, 'y'), (NULL, 'b', 3, 'z');
      """
    static let target = """
      CREATE TABLE item (id serial PRIMARY KEY, task int, name text, done numeric, note text, source char(1) DEFAULT 'M');
      """
    /// Of the application, and just like one of the source's.
    static let lookAlike = "INSERT INTO item (task, name, done, note) VALUES (1, NULL, 2, 'y');"

    private func withItems<R: Sendable>(
      _ target: String = target + lookAlike, _ body: (Scenario) async throws -> R
    ) async throws -> R {
      try await withScenario(source: Self.source, target: target, body)
    }

    /// What stands there, with the versions of the rows and the number that was drawn last.
    private func state(_ scenario: Scenario) async throws -> [[String]] {
      try await scenario.target.rows(
        """
        SELECT id, task, name, done, note, source, xmin, ctid, pg_sequence_last_value('item_id_seq') FROM item ORDER BY id
        """)
    }

    private func keys(_ scenario: Scenario, _ condition: String) async throws -> String {
      try await scenario.target.value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM item WHERE \(condition)")
    }

    /// Whatever way rows come by, those that stay keep their keys.
    @Test(arguments: [RunSettings(), .staged])
    func `copies come and go, and those that stay keep their keys`(settings: RunSettings) async throws {
      try await withItems { scenario async throws in
        var configuration = scenario.items(.generated(match: ["task", "name"]), settings: settings)
        // The one that the application has is not inserted beside it.
        let begun = try await scenario.sync(configuration)
        #expect((begun.totals.inserted, begun.totals.protected) == (3, 1))
        let first = try await state(scenario)
        #expect(first.count == 4)
        #expect(try await scenario.sync(configuration).totals.unchanged == 3)
        #expect(try await state(scenario) == first)
        #expect(try await keys(scenario, "task = 1 AND name = 'a'") == "2 3")

        // Two copies become three, of which one looks otherwise; a row changes; the value of a match is written otherwise.
        try await scenario.source.run(
          """
          INSERT INTO item VALUES (1, 'a', 1.00, 'new'); UPDATE item SET note = 'changed' WHERE name = 'b';
          """)
        let grown = try await scenario.sync(configuration)
        #expect((grown.totals.inserted, grown.totals.updated, grown.totals.unchanged) == (1, 1, 2))
        #expect(try await keys(scenario, "task = 1 AND name = 'a' AND note = 'x'") == "2 3")
        #expect(try await keys(scenario, "note = 'changed'") == "4")

        // One of three is left: the one that looks like it, not the first.
        try await scenario.source.run("DELETE FROM item WHERE note = 'x'")
        #expect(try await scenario.sync(configuration).totals.targetOnly == 2)
        // One to which a row refers stays, until that has gone.
        try await scenario.target.run("CREATE TABLE photo (item int REFERENCES item); INSERT INTO photo VALUES (3)")
        configuration.deletes = .remove
        let removed = try await scenario.sync(configuration)
        #expect((removed.totals.deleted, removed.totals.kept) == (1, 1))
        #expect(try await scenario.target.value("SELECT row_key::text FROM pgtide.protected") == #"{"id": 3}"#)
        try await scenario.target.run("TRUNCATE photo")
        #expect(try await scenario.sync(configuration).totals.deleted == 1)
        #expect(try await keys(scenario, "task = 1 AND name = 'a'") == "5")
        #expect(try await keys(scenario, "source = 'M'") == "1")
        #expect(try await scenario.check(configuration).outcome == .level)
        let last = try await state(scenario)
        configuration.settings.digest = .never
        #expect(try await scenario.sync(configuration).totals.unchanged == 2)
        #expect(try await state(scenario) == last)
      }
    }

    @Test func `a row that the app has claimed does not come anew, and rows of ours come first`() async throws {
      try await withItems(Self.target) { scenario async throws in
        let configuration = scenario.items(.generated(match: ["task", "name"]), settings: .staged)
        try await scenario.sync(configuration)
        // Of two copies that look otherwise by now, it claims one, and edits it.
        try await scenario.source.run("UPDATE item SET note = 'w' WHERE ctid = (SELECT min(ctid) FROM item)")
        try await scenario.sync(configuration)
        try await scenario.target.run(
          "UPDATE item SET source = 'M' WHERE note = 'w'; UPDATE item SET source = 'M', done = 30 WHERE name = 'b'")
        let last = try await state(scenario)
        let claimed = try await scenario.sync(configuration)
        #expect((claimed.totals.protected, claimed.totals.unchanged, claimed.totals.written) == (2, 2, 0))
        #expect(try await state(scenario) == last)
        #expect(
          try await scenario.target.rows("SELECT row_key::text, reason, target_row ->> 'done' FROM pgtide.protected")
            == [[#"{"id": 4}"#, "differs", "30"]])

        // The copy that has changed is of ours, and not the claimed one, which looks as it did.
        try await scenario.source.run("UPDATE item SET note = 'new' WHERE note = 'x'")
        let changed = try await scenario.sync(configuration)
        #expect((changed.totals.protected, changed.totals.updated) == (2, 1))
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.protected") == "1")
        // If the source has one copy only, it is the one of ours.
        try await scenario.source.run("DELETE FROM item WHERE note = 'new'")
        let fewer = try await scenario.sync(configuration)
        #expect((fewer.totals.protected, fewer.totals.updated, fewer.totals.targetOnly) == (1, 1, 0))
        #expect(try await keys(scenario, "note = 'w' AND source = 'D'") == "1")
      }
    }

    @Test func `values under match that change places move no row`() async throws {
      try await withItems(Self.target) { scenario async throws in
        let configuration = scenario.items(.generated(match: ["task", "name"]))
        try await scenario.sync(configuration)
        try await scenario.source.run(
          "UPDATE item SET note = CASE note WHEN 'y' THEN 'z' WHEN 'z' THEN 'y' ELSE note END")
        #expect(try await scenario.sync(configuration).totals.updated == 2)
        // By the whole rows, the same are two new ones, and two that the source no longer has.
        try await scenario.source.run("UPDATE item SET task = 7 WHERE note IN ('y', 'z')")
        let whole = try await scenario.sync(scenario.items(.generated(match: [])))
        #expect((whole.totals.inserted, whole.totals.updated, whole.totals.targetOnly) == (2, 0, 2))
      }
    }

    /// The app writes in a transaction that is open when rows are compared, and commits when the landing waits for it.
    private func sync(
      _ scenario: Scenario, _ configuration: SyncConfiguration, beside write: SQL...
    ) async throws -> SyncReport {
      let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
      return try await Postgres.withConnection(options) { app in
        try await app.batch(["BEGIN"] + write)
        async let report = scenario.sync(configuration)
        try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
        try await app.query("COMMIT")
        return try await report
      }
    }

    @Test func `rows that pair otherwise when they land are compared again`() async throws {
      try await withItems(Self.target) { scenario async throws in
        let configuration = scenario.items(.generated(match: ["task", "name"]), settings: .staged)
        try await scenario.sync(configuration)
        try await scenario.source.run("UPDATE item SET note = 'new' WHERE name = 'a'; INSERT INTO item VALUES (9, 'q')")
        // It claims one copy, and adds one of ours; the comparison sees neither.
        let report = try await sync(
          scenario, configuration, beside: "UPDATE item SET source = 'M' WHERE id = 1",
          "INSERT INTO item (task, name, source) VALUES (9, 'q', 'D')")
        #expect(report.outcome == .success)
        #expect(report.tables[0].retries == 1)
        // The claimed one is the app's, and does not come anew. The other was not added twice.
        #expect((report.totals.inserted, report.totals.updated, report.totals.unchanged) == (0, 1, 3))
        #expect(report.totals.protected == 1)
        #expect(try await scenario.target.value("SELECT note FROM item WHERE id = 1") == "x")
        #expect(try await scenario.target.value("SELECT count(*) FROM item WHERE task = 9") == "1")
        #expect(try await keys(scenario, "note = 'new' AND source = 'D'") == "2")

        // What is written to other columns is not in the way, and is level after the next run; nor is a row of the app's own.
        try await scenario.source.run("INSERT INTO item VALUES (10, 'r')")
        let other = try await sync(
          scenario, configuration, beside: "UPDATE item SET note = 'of the app' WHERE id IN (3, 4)",
          "INSERT INTO item (task, name) VALUES (9, 'q')")
        #expect((other.tables[0].retries, other.totals.inserted, other.totals.updated) == (0, 1, 0))
        #expect(try await scenario.sync(configuration).totals.updated == 2)
        // One that matches what is about to go in is that row's partner.
        try await scenario.source.run("INSERT INTO item VALUES (11, 's')")
        let same = try await sync(
          scenario, configuration, beside: "INSERT INTO item (task, name, note) VALUES (11, 's', 'of the app')")
        #expect((same.tables[0].retries, same.totals.inserted, same.totals.protected) == (1, 0, 2))
      }
    }

    @Test func `without a key, a changed row is a new one`() async throws {
      let target = "CREATE TABLE item (task int, name text, done numeric, note json, source char(1) DEFAULT 'M')"
      let source = """
        CREATE TABLE item (task int, name text, done numeric, note json);
        INSERT INTO item VALUES (1, 'a', 1, '{}'), (1, 'a', 1, '{}'), (NULL, NULL, NULL, NULL);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.items(.keyless)
        configuration.maxDelete = .percent(100)
        try await scenario.sync(configuration, options: Sync.Options(isDryRun: true))
        #expect(try await scenario.target.value("SELECT count(*) FROM item") == "0")
        #expect(try await scenario.sync(configuration).totals.inserted == 3)
        try await scenario.source.run("UPDATE item SET done = 2 WHERE ctid = (SELECT min(ctid) FROM item)")
        configuration.deletes = .remove
        let changed = try await scenario.sync(configuration)
        #expect((changed.totals.inserted, changed.totals.updated, changed.totals.deleted) == (1, 0, 1))
        #expect(try await scenario.check(configuration).outcome == .level)
        let before = try await scenario.target.rows("SELECT ctid, xmin FROM item ORDER BY 1")
        #expect(try await scenario.sync(configuration.staged).totals.unchanged == 3)
        #expect(try await scenario.target.rows("SELECT ctid, xmin FROM item ORDER BY 1") == before)

        // Two that look the same go and come back.
        try await scenario.source.run("TRUNCATE item; INSERT INTO item VALUES (5)")
        try await scenario.target.run("INSERT INTO item VALUES (1, 'a', 1, '{}', 'D')")
        configuration.tables[0].allowedDeletes = 4
        #expect(try await scenario.sync(configuration).totals.deleted == 4)
        let back = try await Undelete(configuration, isTrial: false)()
        #expect(back.tables.map(\.restored) == [5])
        #expect(try await scenario.target.value("SELECT count(*) FROM item WHERE note IS NOT NULL") == "4")

        // A row that the app has claimed is found by all that it holds.
        try await scenario.target.run("UPDATE item SET source = 'M' WHERE task = 5")
        let claimed = try await scenario.sync(configuration)
        #expect((claimed.totals.protected, claimed.totals.inserted) == (1, 0))
      }
    }

    @Test func `what a trigger makes of the columns under match is not committed`() async throws {
      let trigger = """
        CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN new.name := upper(new.name); RETURN new; END $$;
        CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON item FOR EACH ROW EXECUTE FUNCTION shout();
        """
      try await withItems(Self.target + trigger) { scenario async throws in
        let report = try await scenario.sync(scenario.items(.generated(match: ["task", "name"])))
        #expect(report.outcome == .failed)
        #expect(report.tables[0].error?.contains("have other values under `match` than on the source") == true)
        #expect(try await scenario.target.value("SELECT count(*) FROM item") == "0")
        // What it makes of another column is known for what it is at once.
        let configuration = scenario.items(.generated(match: ["task", "done"]))
        #expect(try await scenario.sync(configuration).totals.inserted == 4)
        let versions = "SELECT id, xmin, ctid FROM item WHERE id < 4 ORDER BY id"
        let first = try await scenario.target.rows(versions)
        let second = try await scenario.sync(configuration)
        #expect((second.totals.written, second.totals.rewritten) == (0, 3))
        // One more copy, and one that has changed.
        try await scenario.source.run(
          "INSERT INTO item VALUES (1, 'a', 1.0, 'x'); UPDATE item SET name = 'c' WHERE name = 'b'")
        let third = try await scenario.sync(configuration)
        #expect((third.totals.inserted, third.totals.updated) == (1, 1))
        #expect(try await scenario.sync(configuration).totals.written == 0)
        #expect(try await scenario.target.rows(versions) == first)
      }
    }

    @Test func `a row that the target refuses is rejected, by its columns under match, and the others land`()
      async throws
    {
      let check = "ALTER TABLE item ADD CHECK (done < 3)"
      try await withItems(Self.target + check) { scenario async throws in
        let configuration = scenario.items(.generated(match: ["task", "name"]), settings: .staged)
        let report = try await scenario.sync(configuration)
        #expect((report.totals.inserted, report.totals.rejected) == (3, 1))
        #expect(
          try await scenario.target.value("SELECT row_key::text FROM pgtide.rejects")
            == #"{"name": "b", "task": null}"#)
        #expect(try await scenario.sync(configuration).totals.unchanged == 3)
        #expect(try await scenario.target.value("SELECT count(*) FROM item") == "3")
      }
    }

    @Test func `a partitioned table, together with others, and proved`() async throws {
      let target = """
        CREATE TABLE item (id serial, task int, name text, done numeric, note text, source char(1),
          PRIMARY KEY (id, done)) PARTITION BY RANGE (done);
        CREATE TABLE low PARTITION OF item FOR VALUES FROM (MINVALUE) TO (2);
        CREATE TABLE high PARTITION OF item FOR VALUES FROM (2) TO (MAXVALUE);
        CREATE TABLE log (name text, source char(1)) PARTITION BY LIST (name);
        CREATE TABLE logs PARTITION OF log DEFAULT;
        """
      let source = Self.source + "CREATE TABLE log (name text); INSERT INTO log VALUES ('a'), ('a'), (NULL)"
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.items(.generated(match: ["task", "name", "done"]))
        configuration.tables.append(TableConfiguration(target: TableName(name: "log"), pairing: .keyless))
        configuration.deletes = .remove
        configuration.maxDelete = .percent(100)
        let together = Sync.Options(isAtomic: true)
        #expect(try await scenario.sync(configuration, options: together).totals.inserted == 7)
        try await scenario.source.run("UPDATE item SET note = 'n' WHERE name = 'b'; DELETE FROM log WHERE name IS NULL")
        let report = try await scenario.sync(configuration, options: together)
        #expect((report.totals.updated, report.totals.deleted, report.totals.inserted) == (1, 1, 0))
        let proved = try await scenario.sync(configuration, options: Sync.Options(proves: true))
        #expect(proved.outcome == .success)
        #expect(proved.totals.unchanged == 6)
      }
    }
  }
}

extension Scenario {
  /// Checklists whose rows are paired.
  func items(_ pairing: PairingRule, settings: RunSettings = RunSettings()) -> SyncConfiguration {
    configuration([TableConfiguration(target: TableName(name: "item"), pairing: pairing)], settings: settings)
  }
}
