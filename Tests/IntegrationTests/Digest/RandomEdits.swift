/// Rows of many types, and the same rows after one edit each.
enum RandomEdits {
  /// Definition, the value at first, and the edits of which one is made. `v` is the value.
  private struct Column {
    var type: String
    var value: String
    var edits: [String]
  }

  private static let columns: [Column] = [
    Column(
      type: "bigint", value: "(random() * 1e12)::bigint",
      edits: [
        "-v - 1", "v # (1::bigint << (random() * 62)::int)", "v + 4294967296", "v - 4294967297",
        "((v & 4294967295) << 31) | (1 + (v >> 32))", "NULL",
      ]),
    Column(type: "integer", value: "(random() * 1e9)::int", edits: ["-v - 1", "v + 1", "v # 65536", "NULL"]),
    Column(
      type: "numeric", value: "(1 + random() * 1e6)::numeric(12,2)",
      edits: ["-v", "v * 1.0", "v * 10", "v + 0.01", "'NaN'", "'-Infinity'", "NULL"]),
    Column(type: "numeric(12,2)", value: "1 + random() * 1e6", edits: ["-v", "v + 1", "'NaN'", "NULL"]),
    Column(type: "float8", value: "1 + random()", edits: ["-v", "v + 1e-10", "'NaN'", "'-0'", "NULL"]),
    Column(type: "real", value: "0", edits: ["'-0'", "'NaN'", "-('NaN'::real)", "1e-45", "NULL"]),
    Column(
      type: "timestamp", value: "'2026-01-01'::timestamp + random() * interval '1 year'",
      edits: [
        "v + interval '1 microsecond'", "v + interval '4294.967296 s'", "v - interval '4294.967297 s'",
        "v + interval '8589.934590 s'", "'infinity'", "NULL",
      ]),
    Column(
      type: "timestamptz", value: "'2026-01-01 00:00+00'::timestamptz - random() * interval '60 years'",
      edits: ["v + interval '1 h'", "v + interval '4294.967296 s'", "'-infinity'", "NULL"]),
    Column(type: "time", value: "'00:00'", edits: ["'24:00'", "'01:11:34.967296'", "'01:11:34.967297'", "NULL"]),
    Column(type: "timetz", value: "'12:00+00'", edits: ["'13:00+01'", "'12:00+01'", "'12:00:00.000001+00'", "NULL"]),
    Column(
      type: "interval", value: "interval '1 month'", edits: ["'30 days'", "'720 hours'", "-v", "v * 2", "NULL"]),
    Column(
      type: "text", value: "md5(random()::text)",
      edits: ["v || ' '", "upper('X' || v)", "reverse(v) || '.'", "''", "NULL"]),
    Column(type: "bpchar", value: "md5(random()::text)::bpchar", edits: ["(v::text || '  ')::bpchar", "''", "NULL"]),
    Column(type: "boolean", value: "true", edits: ["NOT v", "NULL"]),
    Column(
      type: "jsonb", value: "jsonb_build_object('n', 1 + (random() * 1e6)::int)",
      edits: [
        "jsonb_build_object('n', -(v->>'n')::numeric)", "jsonb_build_object('n', (v->>'n')::numeric * 1.0)",
        "jsonb_build_array(v)", "'null'", "NULL",
      ]),
    Column(
      type: "bigint[]", value: "ARRAY[1, (random() * 1e9)::bigint, NULL]",
      edits: [
        "v || NULL::bigint", "array_replace(v, 1, 4294967296)", "array_replace(v, NULL, 0)",
        "('[0:2]=' || v::text)::bigint[]", "ARRAY[v]", "'{}'", "NULL",
      ]),
    Column(
      type: "numrange", value: "numrange(1, 2 + (random() * 1e6)::int)",
      edits: ["numrange(1.0, upper(v))", "numrange(1, upper(v), '[]')", "numrange(-1, upper(v))", "'empty'", "NULL"]),
    Column(
      type: "inet", value: "'10.0.0.1'::inet + (random() * 1e6)::bigint", edits: ["set_masklen(v, 8)", "v + 1", "NULL"]),
    Column(type: "uuid", value: "md5(random()::text)::uuid", edits: ["md5(v::text)::uuid", "NULL"]),
  ]

  /// Makes the tables `before` and `after`.
  static func script(rows: Int) -> String {
    let names = columns.indices.map { "c\($0)" }
    let definitions = zip(names, columns).map { "\($0) \($1.type)" }.joined(separator: ", ")
    let values = columns.map { "(\($0.value))::\($0.type)" }.joined(separator: ", ")
    let edited = zip(names, columns).enumerated().map { number, column in
      let edits = column.1.edits.enumerated().map { edit, sql in
        "WHEN \(edit) THEN (\(sql.replacing(#/\bv\b/#, with: column.0)))::\(column.1.type)"
      }
      return """
        CASE WHEN touched = \(number) THEN CASE kind % \(edits.count) \(edits.joined(separator: " ")) END
          ELSE \(column.0) END
        """
    }
    return """
      CREATE TABLE before (id int, \(definitions));
      CREATE TABLE after (LIKE before);
      INSERT INTO before SELECT g, \(values) FROM generate_series(1, \(rows)) g;
      INSERT INTO after SELECT id, \(edited.joined(separator: ", ")) FROM (
        SELECT *, (random() * 1e6)::int % \(columns.count) AS touched, (random() * 1e6)::int AS kind FROM before
        OFFSET 0) drawn;
      ANALYZE before; ANALYZE after
      """
  }
}
