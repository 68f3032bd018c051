import Testing

/// One way in which two ends that were level come apart, and what a check has to say of it.
struct CheckFault: Sendable, CustomTestStringConvertible {
  /// As docs/reference/check.md has it.
  let name: String
  var onSource: String?
  var onTarget: String?
  var differ = 0
  var sourceOnly = 0
  var targetOnly = 0
  var rejected = 0
  /// Of rows that differ.
  var columns: Set<String> = []

  var testDescription: String { name }

  /// What both ends have before.
  static let columns = """
    id int, a text, b text, n numeric, f float8, i interval, c char(5), v varchar(20), j json, jb jsonb, ts timestamptz,
    ar int[], by bytea, bo boolean
    """
  static let source = """
    CREATE TABLE t (\(columns));
    INSERT INTO t SELECT g, 'a|b', 'c', 3000.0, 0, '1 month', 'x', 'value', '{"a":1,"b":2}', '{"a":1.0}',
      '2026-01-01 00:00+00', '{1}', '\\x00', NULL
    FROM generate_series(1, 2000) g;
    UPDATE t SET a = NULL WHERE id = 1;
    UPDATE t SET a = '' WHERE id = 2;
    UPDATE t SET a = 'row ten' WHERE id = 10;
    UPDATE t SET a = 'row eleven' WHERE id = 11;
    UPDATE t SET a = 'é' WHERE id = 12;
    ANALYZE t;
    """
  static let target = "CREATE TABLE t (\(columns), PRIMARY KEY (id), source text)"

  private static func update(
    _ name: String, _ change: String, id: Int = 500, columns: Set<String>
  ) -> CheckFault {
    CheckFault(name: name, onTarget: "UPDATE t SET \(change) WHERE id = \(id)", differ: 1, columns: columns)
  }

  static let all: [CheckFault] = [
    update("an empty text in place of NULL", "a = ''", id: 1, columns: ["a"]),
    update("NULL in place of an empty text", "a = NULL", id: 2, columns: ["a"]),
    update(#"`a\|b`, `c` in place of `a`, `b\|c`"#, "a = 'a', b = 'b|c'", columns: ["a", "b"]),
    update("3000.00 in place of 3000.0", "n = 3000.00", columns: ["n"]),
    update("`NaN` in place of a number", "f = 'NaN'", columns: ["f"]),
    update("the sign of a zero", "f = '-0'", columns: ["f"]),
    update("the last bit of a float", "f = 5e-324", columns: ["f"]),
    update("30 days in place of a month", "i = '30 days'", columns: ["i"]),
    update("a blank at the end of a text", "b = 'c '", columns: ["b"]),
    update("capital letters", "v = 'Value'", columns: ["v"]),
    update("blanks within a `json`", "j = '{\"a\": 1,\"b\":2}'", columns: ["j"]),
    update("the order of keys in a `json`", "j = '{\"b\":2,\"a\":1}'", columns: ["j"]),
    update("1.00 in place of 1.0 within a `jsonb`", "jb = '{\"a\":1.00}'", columns: ["jb"]),
    update("a microsecond", "ts = ts + interval '1 microsecond'", columns: ["ts"]),
    update("the bounds of an array", "ar = '[0:0]={1}'", columns: ["ar"]),
    update("a zero byte", "by = '\\x'", columns: ["by"]),
    update("`false` in place of NULL", "bo = false", columns: ["bo"]),
    update("another form of the same letter (é as one code point or two)", "a = U&'e\\0301'", id: 12, columns: ["a"]),
    CheckFault(
      name: "values that two rows have exchanged",
      onTarget: "UPDATE t SET a = CASE id WHEN 10 THEN 'row eleven' ELSE 'row ten' END WHERE id IN (10, 11)", differ: 2,
      columns: ["a"]),
    CheckFault(
      name: "changes that cancel each other out in a sum",
      onTarget: "UPDATE t SET n = n + CASE id WHEN 10 THEN 1 ELSE -1 END WHERE id IN (10, 11)", differ: 2,
      columns: ["n"]),
    CheckFault(
      name: "the last rows are missing on the target", onTarget: "DELETE FROM t WHERE id > 1990", sourceOnly: 10),
    CheckFault(name: "a row is missing in the middle", onTarget: "DELETE FROM t WHERE id = 1000", sourceOnly: 1),
    CheckFault(name: "rows that the source has deleted", onSource: "DELETE FROM t WHERE id IN (7, 8)", targetOnly: 2),
    CheckFault(name: "a source that was emptied", onSource: "DELETE FROM t", targetOnly: 2000),
    CheckFault(name: "a target that was emptied", onTarget: "DELETE FROM t", sourceOnly: 2000),
    CheckFault(
      name: "one row more and another one fewer", onTarget: "UPDATE t SET id = 3000 WHERE id = 500", sourceOnly: 1,
      targetOnly: 1),
    CheckFault(
      name: "a key that occurs twice on the source", onSource: "INSERT INTO t SELECT * FROM t WHERE id = 500",
      rejected: 2),
  ]

  /// What is no fault.
  static let none: [CheckFault] = [
    CheckFault(
      name: "a row that the target's own application has made",
      onTarget: "INSERT INTO t (id, a, source) VALUES (5000, 'app', 'M')"),
    CheckFault(name: "a row that stands elsewhere in the file", onTarget: "UPDATE t SET a = a WHERE id < 100"),
    CheckFault(
      name: "the same moment in another zone", onTarget: "UPDATE t SET ts = '2026-01-01 02:00+02' WHERE id = 500"),
    CheckFault(name: "the blanks that `char(n)` pads with", onTarget: "UPDATE t SET c = 'x  ' WHERE id = 500"),
  ]
}
