import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Targets with a will of their own.
  @Suite struct TriggerTests {
    /// `body` runs as a BEFORE trigger of the app's table `people`.
    private func withTrigger<R: Sendable>(
      _ body: String, on events: String = "INSERT OR UPDATE", _ test: (Scenario) async throws -> R
    ) async throws -> R {
      let trigger = """
        CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \(body) END $$;
        CREATE TRIGGER act BEFORE \(events) ON people FOR EACH ROW EXECUTE FUNCTION public.act();
        """
      return try await withScenario(source: Scenario.people, target: Scenario.appPeople + trigger, test)
    }

    @Test func `a trigger that stamps rows is no obstacle`() async throws {
      try await withTrigger("NEW.updated_at = clock_timestamp(); RETURN NEW;") { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        try await scenario.source.run("UPDATE people SET name = 'Bea' WHERE id = 2")
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.table("people")?.error == nil)
        #expect(report.totals.updated == 1)
        #expect(report.totals.unchanged == 2)
      }
    }

    @Test func `a trigger that changes the marker stops the table before it is committed`() async throws {
      try await withTrigger("NEW.source = 'M'; RETURN NEW;") { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.table("people")?.status == .failed)
        #expect(report.table("people")?.error?.contains("marker") == true)
        #expect(try await scenario.target.value("SELECT count(*) FROM people") == "0")
      }
    }

    @Test func `a trigger that changes the key stops the table before it is committed`() async throws {
      for events in ["INSERT", "UPDATE"] {
        try await withTrigger("NEW.id = NEW.id + 10; RETURN NEW;", on: events) { scenario async throws in
          try await scenario.target.run(
            """
            ALTER TABLE people DISABLE TRIGGER act; INSERT INTO people VALUES (1, 'old', 'D');
            ALTER TABLE people ENABLE TRIGGER act;
            """)
          let report = try await scenario.sync(scenario.configuration("people"))
          #expect(report.table("people")?.status == .failed)
          #expect(report.table("people")?.error?.contains("another key") == true)
          #expect(try await scenario.target.rows("SELECT id, name FROM people") == [["1", "old"]])
        }
      }
    }

    @Test func `a trigger that changes the marker or the key of a row is noticed among refused rows, too`() async throws
    {
      for change in ["NEW.source = 'M'", "NEW.id = 33"] {
        let body = "IF NEW.id = 1 THEN RAISE 'no'; ELSIF NEW.id = 3 THEN \(change); END IF; RETURN NEW;"
        try await withTrigger(body) { scenario async throws in
          let report = try await scenario.sync(scenario.configuration("people"))
          #expect(report.table("people")?.status == .failed)
          #expect(report.table("people")?.error?.contains("1 row that it would write") == true)
          #expect(try await scenario.target.value("SELECT count(*) FROM people") == "0")
        }
      }
    }

    @Test func `a row that a trigger leaves out is a reject`() async throws {
      try await withTrigger("IF NEW.id = 2 THEN RETURN NULL; END IF; RETURN NEW;") { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.table("people")?.rejectReasons == [RejectReason.leftOut.words: 1])
        #expect(try await scenario.target.rows("SELECT id FROM people ORDER BY id") == [["1"], ["3"]])
        #expect(try await scenario.target.rows("SELECT row_key->>'id' FROM pgtide.rejects") == [["2"]])
      }
    }

    @Test func `an update that a trigger leaves out is a reject, beside the app's rows`() async throws {
      try await withTrigger("IF NEW.id = 2 THEN RETURN NULL; END IF; RETURN NEW;", on: "UPDATE") {
        scenario async throws in
        try await scenario.target.run("INSERT INTO people VALUES (1, 'old', 'D'), (2, 'old', 'D'), (3, 'app', 'M')")
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.table("people")?.rejectReasons == [RejectReason.leftOut.words: 1])
        #expect(report.totals.updated == 1)
        #expect(report.totals.protected == 1)
        #expect(
          try await scenario.target.rows("SELECT name FROM people ORDER BY id") == [["Ann"], ["old"], ["app"]])
      }
    }

    @Test func `a trigger of a partition that leaves a row out makes a reject`() async throws {
      let target = """
        CREATE TABLE people (id int PRIMARY KEY, name text, source char(1)) PARTITION BY RANGE (id);
        CREATE TABLE low PARTITION OF people FOR VALUES FROM (0) TO (100);
        CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN IF NEW.id = 2 THEN RETURN NULL; END IF; RETURN NEW; END $$;
        CREATE TRIGGER act BEFORE INSERT ON low FOR EACH ROW EXECUTE FUNCTION public.act();
        """
      try await withScenario(source: Scenario.people, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.table("people")?.rejectReasons == [RejectReason.leftOut.words: 1])
        #expect(report.totals.inserted == 2)
      }
    }

    @Test(arguments: ["RAISE 'not on my watch'", "RAISE 'not on my watch' USING ERRCODE = 'APP42'"])
    func `a row for which a trigger raises is rejected with its words`(raise: String) async throws {
      try await withTrigger("IF NEW.id = 2 THEN \(raise); END IF; NEW.name = upper(NEW.name); RETURN NEW;") {
        scenario async throws in
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.table("people")?.rejectReasons == [RejectReason.refusedByTarget.words: 1])
        #expect(
          try await scenario.target.value("SELECT message FROM pgtide.rejects").hasPrefix("not on my watch (SQLSTATE ")
            == true)
        #expect(try await scenario.target.rows("SELECT name FROM people ORDER BY id") == [["ANN"], ["CID"]])
      }
    }

    @Test func `a trigger elsewhere that writes to the table is noticed`() async throws {
      // Writing a parent, the server changes its child, whose trigger writes to the parents: a row that nobody counted.
      let source = "CREATE TABLE a (id int, code text); INSERT INTO a VALUES (1, 'new')"
      let target = """
        CREATE TABLE a (id int PRIMARY KEY, code text UNIQUE, self text, source text);
        INSERT INTO a VALUES (1, 'old', 'old', 'D'), (2, 'app', 'old', 'M');
        CREATE TABLE b (id int PRIMARY KEY, a text REFERENCES a (code) ON UPDATE CASCADE); INSERT INTO b VALUES (1, 'old');
        CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN UPDATE public.a SET self = 'new' WHERE id = 2; RETURN NULL; END $$;
        CREATE TRIGGER act AFTER UPDATE ON b FOR EACH ROW EXECUTE FUNCTION act();
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(
          scenario.configuration([TableConfiguration(target: TableName(name: "a"), onUpdate: .allow)]))
        #expect(report.table("a")?.status == .failed)
        #expect(report.table("a")?.error?.contains("the server counts") == true)
        #expect(try await scenario.target.value("SELECT self FROM a WHERE id = 2") == "old")
      }
    }
  }
}
