import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Rows that exchange unique values which no other value can stand for meanwhile.
  @Suite struct UniqueRingTests {
    private static let refused = RejectReason.refusedByTarget.words

    /// What rows 1 and 2 hold, and the target's column.
    private static let kinds: [(name: String, type: String, constrained: String, values: (String, String))] = [
      ("one_letter", "char(1)", "char(1) NOT NULL UNIQUE", ("'A'", "'B'")),
      ("two_letters", "varchar(2)", "varchar(2) NOT NULL UNIQUE CHECK (v ~ '^[AB]+$')", ("'AB'", "'BA'")),
      ("day", "date", "date NOT NULL UNIQUE", ("'infinity'", "'2026-01-01'")),
      ("moment", "timestamptz", "timestamptz NOT NULL UNIQUE", ("'infinity'", "'-infinity'")),
      ("number", "smallint", "smallint NOT NULL UNIQUE CHECK (v > 32765)", ("32767", "32766")),
      ("highest", "bigint", "bigint NOT NULL UNIQUE", ("9223372036854775807", "-9223372036854775808")),
      ("amount", "numeric", "numeric NOT NULL UNIQUE", ("'NaN'", "1")),
      ("flag", "boolean", "boolean NOT NULL UNIQUE", ("true", "false")),
      ("colour", "shade", "shade NOT NULL UNIQUE", ("'dark'", "'light'")),
      ("ruled", "int", "small NOT NULL UNIQUE", ("1", "2")),
      ("list", "int[]", "int[] NOT NULL UNIQUE", ("'{1}'", "'{2}'")),
      ("document", "jsonb", "jsonb NOT NULL UNIQUE", ("'1'", "'2'")),
      ("span", "int4range", "int4range NOT NULL, EXCLUDE USING gist (v WITH &&)", ("'[1,5)'", "'[5,9)'")),
      ("reverse", "boolean", "boolean NOT NULL, EXCLUDE USING btree ((NOT v) WITH =)", ("true", "false")),
      ("partial_rule", "boolean", "boolean NOT NULL, EXCLUDE USING btree (v WITH =) WHERE (id < 9)", ("true", "false")),
      ("pair", "boolean", "boolean NOT NULL, UNIQUE (source, v)", ("true", "false")),
      ("made", "int", "int CHECK (v < 3 AND v IS NOT NULL), w int GENERATED ALWAYS AS (-v) STORED UNIQUE", ("1", "2")),
    ]

    @Test func `rows of each type take each other's place, and keep what is not mapped`() async throws {
      let types = "CREATE TYPE shade AS ENUM ('dark', 'light'); CREATE DOMAIN small AS int CHECK (VALUE IN (1, 2));"
      let sources = Self.kinds.map { kind in
        """
        CREATE TABLE \(kind.name) (id int PRIMARY KEY, v \(kind.type));
        INSERT INTO \(kind.name) VALUES (1, \(kind.values.0)), (2, \(kind.values.1));
        """
      }
      let targets = Self.kinds.map { kind in
        """
        CREATE TABLE \(kind.name) (id int PRIMARY KEY, source text,
          note int GENERATED ALWAYS AS IDENTITY (START 100), v \(kind.constrained));
        """
      }
      try await withScenario(
        source: types + sources.joined(), target: types + targets.joined()
      ) { scenario async throws in
        let configuration = scenario.configuration(
          Self.kinds.map { TableConfiguration(target: TableName(name: $0.name)) })
        #expect(try await scenario.sync(configuration).outcome == .success)
        for kind in Self.kinds {
          try await scenario.source.run(
            "UPDATE \(kind.name) SET v = (SELECT o.v FROM \(kind.name) o WHERE o.id <> \(kind.name).id)")
        }
        let report = try await scenario.sync(configuration)
        #expect(report.totals.updated == 2 * Self.kinds.count)
        for kind in Self.kinds {
          let rows = "SELECT id, v FROM \(kind.name) ORDER BY id"
          #expect(try await scenario.target.rows(rows) == scenario.source.rows(rows), "\(kind.name)")
          #expect(try await scenario.target.value("SELECT min(note) FROM \(kind.name)") == "100", "\(kind.name)")
        }
        #expect(try await scenario.sync(configuration).totals.written == 0)
      }
    }

    /// Rows 1 and 2 exchange theirs, as do 3 and 4, which is told by a trigger; 5 wants that of the app's row, and 6 that of 5.
    @Test func `rows that find no place keep the others from nothing, and what refers to a row stays`() async throws {
      let source = """
        CREATE TABLE t (id int PRIMARY KEY, v int4range);
        INSERT INTO t SELECT g, int4range(g * 10, g * 10 + 5) FROM generate_series(1, 6) g;
        """
      let target = """
        CREATE TABLE t (id int PRIMARY KEY, v int4range NOT NULL, source text, EXCLUDE USING gist (v WITH &&));
        INSERT INTO t VALUES (9, '[90,95)', 'M');
        CREATE TABLE child (id int REFERENCES t); CREATE TABLE gone (id int REFERENCES t ON DELETE CASCADE);
        CREATE TABLE told (id int);
        CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO public.told VALUES (NEW.id); RETURN NEW; END $$;
        CREATE TRIGGER tell BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION tell();
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let configuration = scenario.configuration("t")
        try await scenario.sync(configuration)
        try await scenario.target.run("INSERT INTO child VALUES (1); INSERT INTO gone VALUES (6)")
        let move = """
          UPDATE t SET v = CASE id WHEN 5 THEN int4range(91, 93) WHEN 6 THEN int4range(52, 55)
            ELSE int4range((id + id % 2 * 2 - 1) * 10, (id + id % 2 * 2 - 1) * 10 + 5) END
          """
        try await scenario.source.run(move)
        let report = try await scenario.sync(configuration)
        #expect(report.totals.updated == 4)
        #expect(report.table("t")?.rejectReasons == [Self.refused: 2])
        #expect(
          try await scenario.target.rows("SELECT id, lower(v) FROM t ORDER BY id")
            == [["1", "20"], ["2", "10"], ["3", "40"], ["4", "30"], ["5", "50"], ["6", "60"], ["9", "90"]])
        #expect(
          try await scenario.target.rows("SELECT DISTINCT id FROM told ORDER BY id") == [["1"], ["2"], ["3"], ["4"]])
        #expect(try await scenario.target.value("SELECT count(*) FROM gone") == "1")
        // A row to which one refers that would go with it is not taken out, nor is any if a trigger would see it.
        try await scenario.target.run("DELETE FROM t WHERE id = 9; INSERT INTO gone VALUES (1)")
        try await scenario.source.run(
          "UPDATE t SET v = int4range((id - 1) / 2 * 20 + 10, (id - 1) / 2 * 20 + 15) WHERE id IN (1, 3)")
        try await scenario.source.run("UPDATE t SET v = int4range(id * 10, id * 10 + 5) WHERE id IN (2, 4)")
        let second = try await scenario.sync(configuration)
        #expect(second.table("t")?.rejectReasons == [Self.refused: 2])
        #expect(
          try await scenario.target.rows("SELECT id, lower(v) FROM t ORDER BY id")
            == [["1", "20"], ["2", "10"], ["3", "30"], ["4", "40"], ["5", "91"], ["6", "52"]])
        #expect(try await scenario.target.value("SELECT count(*) FROM gone") == "2")
      }
    }
  }
}
