import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// What the target's triggers do to the rows that go.
  @Suite struct DeleteTriggerTests {
    private static let names = ["along", "later", "again", "angry"]
    private static let source = names.map {
      "CREATE TABLE \($0) (id int); INSERT INTO \($0) SELECT generate_series(1, 9);"
    }.joined()
    private static let target = names.map { "CREATE TABLE \($0) (id int PRIMARY KEY, source char(1));" }.joined()

    /// - Parameter kind: what stands between CREATE and the table.
    private func trigger(_ kind: String, _ table: String, _ body: String, _ time: String = "") -> String {
      """
      CREATE FUNCTION on_\(table)() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \(body) RETURN OLD; END $$;
      CREATE \(kind) DELETE ON \(table) \(time) FOR EACH ROW EXECUTE FUNCTION on_\(table)();
      """
    }

    @Test(arguments: [false, true])
    func `rows that a trigger takes along are kept, and those that it puts in again or refuses are listed`(
      atomic: Bool
    ) async throws {
      let triggers = [
        trigger("TRIGGER t BEFORE", "along", "IF OLD.id = 1 THEN DELETE FROM along WHERE id IN (2, 9); END IF;"),
        trigger(
          "CONSTRAINT TRIGGER t AFTER", "later", "IF OLD.id = 1 THEN INSERT INTO later VALUES (1, 'D'); END IF;",
          "DEFERRABLE INITIALLY DEFERRED"),
        // In parts, because one is refused.
        trigger(
          "TRIGGER t AFTER", "again",
          """
          IF OLD.id = 1 THEN INSERT INTO again VALUES (1, 'D'); ELSIF OLD.id = 2 THEN INSERT INTO again VALUES (2, 'M');
          ELSIF OLD.id = 3 THEN DELETE FROM again WHERE id = 4; ELSIF OLD.id = 5 THEN RAISE 'five'; END IF;
          """),
        trigger(
          "TRIGGER t BEFORE", "angry",
          """
          IF OLD.id = 1 THEN RAISE 'no right' USING ERRCODE = '42501'; ELSIF OLD.id = 2 THEN PERFORM 1 FROM nowhere;
          ELSIF OLD.id = 3 THEN RAISE 'no such thing' USING ERRCODE = '0A000'; END IF;
          """),
      ]
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let configuration = scenario.removing("along", "later", "again", "angry")
        try await scenario.sync(configuration)
        try await scenario.target.run(triggers.joined())
        for name in Self.names { try await scenario.source.run("DELETE FROM \(name) WHERE id < 9") }
        for run in 1...2 {
          let report = try await scenario.sync(configuration, options: Sync.Options(isAtomic: atomic))
          #expect(report.outcome == .success)
          let counts = Self.names.map { report.table($0)?.counts }
          #expect(counts.map { $0?.deleted } == (run == 1 ? [8, 7, 6, 5] : [0, 0, 0, 0]))
          #expect(counts.map { $0?.kept } == [0, 1, 2, 3])
        }
        #expect(
          try await scenario.target.rows(
            """
            SELECT table_name, string_agg(row_key->>'id', ' ' ORDER BY row_key->'id') FROM pgtide.deleted GROUP BY 1 ORDER BY 1
            """) == [
              ["again", "2 3 4 6 7 8"], ["along", "1 2 3 4 5 6 7 8"], ["angry", "4 5 6 7 8"],
              ["later", "2 3 4 5 6 7 8"],
            ])
        #expect(
          try await scenario.target.rows(
            "SELECT table_name, row_key->>'id', message FROM pgtide.protected ORDER BY 1, row_key->'id'") == [
              ["again", "1", "a trigger has put it in again"], ["again", "5", "five (SQLSTATE P0001)"],
              ["angry", "1", "no right (SQLSTATE 42501)"],
              ["angry", "2", "relation \"nowhere\" does not exist (SQLSTATE 42P01)"],
              ["angry", "3", "no such thing (SQLSTATE 0A000)"], ["later", "1", "a trigger has put it in again"],
            ])
      }
    }
  }
}
