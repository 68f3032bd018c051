import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// The recipes of docs/reference/tables.md for keys that are not unique on the source.
  @Suite struct KeyRecipeTests {
    private static let source = """
      CREATE TABLE jobnotes (job_id int, note_no int, part text, changed_at date, note text);
      INSERT INTO jobnotes VALUES (1, 1, 'a', '2026-01-01', 'first'), (1, 2, 'a', '2026-01-01', 'second'),
        (1, 2, 'a', '2026-02-01', 'second, again'), (2, 1, NULL, '2026-01-01', 'without'), (2, 1, 'b', '2026-01-01', 'with');
      """

    /// Syncs twice as the table's lines say, and returns the notes; the second run changes nothing.
    private func notes(target: String, _ rules: String) async throws -> (reasons: [String: Int], notes: [String]) {
      try await withScenario(source: Self.source, target: target) { scenario async throws in
        let text = """
          source: '\(scenario.source.connectionString.replacing("'", with: "''"))'
          target: '\(scenario.target.connectionString.replacing("'", with: "''"))'
          origin: none
          tables:
            jobnotes: {\(rules), skip: [changed_at]}
          """
        let configuration = try ConfigurationFile.parse(text, environment: [:])
        let first = try await scenario.sync(configuration)
        let second = try await scenario.sync(configuration)
        #expect(second.totals.written == 0)
        #expect(second.table("jobnotes")?.rejectReasons == first.table("jobnotes")?.rejectReasons)
        let notes = try await scenario.target.rows("SELECT note FROM jobnotes ORDER BY job_id, note_no, note")
        return (first.table("jobnotes")?.rejectReasons ?? [:], notes.flatMap(\.self))
      }
    }

    @Test func `a key of several columns tells rows apart, and the target keeps a key of its own`() async throws {
      let target = """
        CREATE TABLE jobnotes (id serial PRIMARY KEY, job_id int, note_no int, part text, note text,
          UNIQUE (job_id, note_no, part))
        """
      let found = try await notes(target: target, "key: [job_id, note_no, part]")
      #expect(found.reasons == ["duplicate key": 2, "NULL in the key": 1])
      #expect(found.notes == ["first", "with"])
    }

    @Test func `of rows with one key, the last by an expression goes in`() async throws {
      let target = """
        CREATE TABLE jobnotes (job_id int, note_no int, part text, note text, PRIMARY KEY (job_id, note_no, part))
        """
      let found = try await notes(target: target, "duplicates: {last: src.changed_at}")
      #expect(found.reasons == ["duplicate key": 1, "NULL in the key": 1])
      #expect(found.notes == ["first", "second, again", "with"])
    }

    @Test func `of rows with one key, the first by an expression goes in`() async throws {
      let target =
        "CREATE TABLE jobnotes (job_id int, note_no int, part text, note text, PRIMARY KEY (job_id, note_no))"
      let found = try await notes(target: target, "duplicates: {first: \"src.part\"}")
      #expect(found.reasons == ["duplicate key": 2])
      #expect(found.notes.count == 3 && found.notes.contains("with"))
    }

    @Test func `a value in place of NULL makes a part of the key`() async throws {
      let target = """
        CREATE TABLE jobnotes (job_id int, note_no int, part text, note text, PRIMARY KEY (job_id, note_no, part))
        """
      let found = try await notes(
        target: target,
        "columns: {part: {expression: \"coalesce(src.part, '')\"}}, duplicates: {last: src.changed_at}")
      #expect(found.reasons == ["duplicate key": 1])
      #expect(found.notes == ["first", "second, again", "with", "without"])
    }

    @Test func `rows without a part of the key may be left out`() async throws {
      let target = """
        CREATE TABLE jobnotes (job_id int, note_no int, part text, note text, PRIMARY KEY (job_id, note_no, part))
        """
      let found = try await notes(target: target, "where: src.part IS NOT NULL, duplicates: {last: src.changed_at}")
      #expect(found.reasons == ["duplicate key": 1])
      #expect(found.notes == ["first", "second, again", "with"])
    }
  }
}
