extension ColumnType {
  /// Types that a key may have.
  static let keys: [ColumnType] = [int4, bigToInt, text, textToShort, uuid, date, numeric, charToChar, float8, bytea]
  /// Types for the other columns.
  static let all: [ColumnType] = keys + numbers + texts + times + others

  // MARK: - Numbers

  static let int4 = ColumnType(
    source: "int4", target: "int4", clean: { "\($0.number(-3...50))" }, key: { "\($0 + 1)" })
  static let bigToInt = ColumnType(
    source: "int8", target: "int4", clean: { "\($0.number(-3...50))" },
    dirty: ["5000000000", "-2147483649", "2147483648"], held: { Int32($0).map { "\($0)" } }, key: { "\($0 + 1)" })
  static let numeric = ColumnType(
    source: "numeric", target: "numeric",
    clean: { $0.pick(["0", "1", "1.0", "1.00", "-2.50", "NaN", "100000000000000000000"]) },
    key: { "\($0 + 1)" }, alias: { $0.contains(".") ? "\($0)0" : "\($0).0" }, identity: Decimal.reduced)
  static let float8 = ColumnType(
    source: "float8", target: "float8", clean: { $0.pick(["0", "-0", "NaN", "Infinity", "0.1", "1e+300", "-1.5"]) },
    key: { "\($0)" }, alias: { $0 == "0" ? "-0" : $0 }, identity: { $0 == "-0" ? "0" : $0 })
  private static let numbers: [ColumnType] = [
    ColumnType(
      source: "int4", target: "int2", clean: { "\($0.number(-100...100))" }, dirty: ["40000", "-32769"],
      held: { Int16($0).map { "\($0)" } }),
    ColumnType(source: "int4", target: "int8", clean: { "\($0.number(-100...100))" }),
    ColumnType(
      source: "numeric", target: "numeric(6,2)",
      clean: { $0.pick(["0", "1.5", "1.50", "-3.25", "NaN", "9999.99", "12.000"]) },
      dirty: ["1.005", "12345.6", "99999", "-10000"], held: { Decimal.fitted($0, precision: 6, scale: 2) }),
    ColumnType(
      source: "numeric(10,3)", target: "numeric(6,2)", clean: { $0.pick(["0", "1.5", "-3.25", "9999.99"]) },
      dirty: ["1.005", "12345.6"], held: { Decimal.fitted($0, precision: 6, scale: 2) }),
    ColumnType(
      source: "int4", target: "numeric(4,1)", clean: { "\($0.number(-999...999))" }, dirty: ["1000", "-1000"],
      held: { Decimal.fitted($0, precision: 4, scale: 1) }),
    ColumnType(
      source: "numeric", target: "int4", clean: { $0.pick(["0", "1", "2.000", "-7"]) },
      dirty: ["1.4", "5000000000", "NaN"],
      held: { $0 == "NaN" ? nil : Decimal.fitted($0, precision: 9, scale: 0) }),
    ColumnType(
      source: "int8", target: "float8", clean: { "\($0.number(-100...100))" }, dirty: ["9007199254740993"],
      held: { Int($0).flatMap { abs($0) <= 1 << 53 ? "\($0)" : nil } }),
    ColumnType(source: "float4", target: "float4", clean: { $0.pick(["0", "-0", "NaN", "0.1", "1e+20"]) }),
    ColumnType(source: "int4", target: "text", clean: { "\($0.number(-5...5))" }),
  ]

  // MARK: - Texts

  private static let awkward = [
    "", " ", "a", "A", "ä", "NULL", "O'Reilly", "a\\b", "{}", "two\nlines", "tab\t", "\u{1F30A}", "\"q\"", "a ", "$1",
    "%s",
  ]
  private static let short = ["", "a", "A", "ä", "a b", "NULL", "\u{1F30A}\u{1F30A}", "x'y", "five5"]
  private static let long = ["sixsix", "longer than five", "\u{1F30A}\u{1F30A}\u{1F30A}\u{1F30A}\u{1F30A}\u{1F30A}"]

  static let text = ColumnType(
    source: "text", target: "text", clean: { $0.pick(awkward) },
    key: { number in number < awkward.count ? awkward[number] : "key \(number)" })
  static let textToShort = ColumnType(
    source: "text", target: "varchar(5)", clean: { $0.pick(short) }, dirty: long,
    held: { Characters.count($0) <= 5 ? $0 : nil },
    key: { number in number < short.count ? short[number] : "k\(number)" })
  static let charToChar = ColumnType(
    source: "char(6)", target: "char(4)", clean: { $0.pick(["", "a", "ab", "abcd", "ä"]) },
    dirty: ["abcde", "abcdef"], held: { Characters.padded($0, 4) }, key: { String($0, radix: 16) })
  private static let texts: [ColumnType] = [
    ColumnType(source: "varchar(5)", target: "text", clean: { $0.pick(short) }),
    ColumnType(
      source: "varchar(10)", target: "varchar(5)", clean: { $0.pick(short) }, dirty: ["sixsix"],
      held: { Characters.count($0) <= 5 ? $0 : nil }),
    ColumnType(
      source: "text", target: "char(4)", clean: { $0.pick(["", "a", "ab  ", "ab", "abcd      "]) }, dirty: ["abcde"],
      held: { Characters.padded($0, 4) }),
    ColumnType(
      source: "char(4)", target: "text", clean: { $0.pick(["", "a", "ab", "abcd"]) }, held: Characters.trimmed),
    ColumnType(
      source: "text", target: "{schema}.short", clean: { $0.pick(short) }, dirty: long,
      held: { Characters.count($0) <= 5 ? $0 : nil }),
    ColumnType(source: "bool", target: "text", clean: { $0.pick(["t", "f"]) }, held: { $0 == "t" ? "true" : "false" }),
    ColumnType(source: "text", target: "{schema}.mood", clean: { $0.pick(moods) }, dirty: ["gone", ""], held: mood),
    ColumnType(
      source: "{schema}.mood", target: "{schema}.mood", clean: { $0.pick(moods) }, dirty: ["gone"], held: mood),
    ColumnType(source: "{schema}.mood", target: "text", clean: { $0.pick(moods) }),
    ColumnType(
      source: "{schema}.mood[]", target: "{schema}.mood[]", clean: { $0.pick(["{}", "{sad,ok}", #"{"so so"}"#]) }),
  ]

  /// The target's labels; the source has one more.
  static let moods = ["sad", "ok", "so so", "Happy"]
  static let sourceMoods = moods + ["gone"]
  @Sendable private static func mood(_ text: String) -> String? { moods.contains(text) ? text : nil }

  // MARK: - Times

  static let date = ColumnType(
    source: "date", target: "date", clean: { $0.pick(["2024-02-29", "infinity", "0001-01-01 BC", "1999-12-31"]) },
    key: { "\(2000 + $0)-01-15" })
  private static let times: [ColumnType] = [
    ColumnType(
      source: "timestamptz", target: "timestamptz",
      clean: { $0.pick(["2024-03-01 10:00:00+00", "2024-03-01 10:00:00.000001+00", "-infinity"]) }),
    ColumnType(
      source: "timestamptz", target: "timestamptz(0)", clean: { $0.pick(["2024-03-01 10:00:00+00", "infinity"]) },
      dirty: ["2024-03-01 10:00:00.5+00"], held: { $0.contains(".") ? nil : $0 }),
    ColumnType(
      source: "timestamp", target: "timestamptz", clean: { $0.pick(["2024-03-01 10:00:00", "1999-01-01 00:00:00"]) },
      held: { "\($0)+00" }),
    ColumnType(
      source: "timestamp", target: "date", clean: { "2024-03-0\($0.number(1...9)) 00:00:00" },
      dirty: ["2024-03-01 00:00:01"], held: { $0.hasSuffix(" 00:00:00") ? String($0.dropLast(9)) : nil }),
    ColumnType(
      source: "date", target: "timestamp", clean: { "2024-03-0\($0.number(1...9))" }, held: { "\($0) 00:00:00" }),
    ColumnType(
      source: "interval", target: "interval",
      clean: { $0.pick(["1 day", "24:00:00", "1 mon", "30 days", "-00:00:01"]) }),
    ColumnType(source: "date", target: "text", clean: { "2024-03-0\($0.number(1...9))" }),
  ]

  // MARK: - Others

  static let uuid = ColumnType(
    source: "uuid", target: "uuid", clean: { uuidText($0.number(0...20)) }, key: { uuidText($0) })
  static let bytea = ColumnType(
    source: "bytea", target: "bytea", clean: { $0.pick([#"\x"#, #"\x00"#, #"\x00ff"#, #"\x41"#]) },
    key: { #"\x"# + String(256 + $0, radix: 16).suffix(2) + String(1_048_576 + $0, radix: 16).suffix(4) })
  static let bool = ColumnType(source: "bool", target: "bool", clean: { $0.pick(["t", "f"]) })
  private static let others: [ColumnType] = [
    bool,
    ColumnType(
      source: "jsonb", target: "jsonb", clean: { $0.pick([#"{"a": 1}"#, #"{"a": 1.0}"#, "[]", "null", #""x""#]) }),
    ColumnType(
      source: "json", target: "json", clean: { $0.pick([#"{"a":1}"#, #"{"a": 1}"#, "[ ]", #"{"a":1,"a":2}"#]) }),
    ColumnType(
      source: "json", target: "jsonb", clean: { $0.pick(jsonAsJSONB.keys.sorted()) },
      dirty: [#""\u0000""#, #"{"a":1,"a":2}"#],
      held: { jsonAsJSONB[$0] }),
    ColumnType(
      source: "int4[]", target: "int4[]", clean: { $0.pick(["{}", "{1,2}", "{NULL,1}", "[0:1]={1,2}", "{{1},{2}}"]) }),
    ColumnType(
      source: "text[]", target: "text[]", clean: { $0.pick(["{}", #"{a,"b c"}"#, #"{NULL,"NULL"}"#, #"{""}"#]) }),
    ColumnType(source: "point", target: "point", clean: { $0.pick(["(0,0)", "(0,-0)", "(1.5,2)"]) }),
    ColumnType(source: "int4range", target: "int4range", clean: { $0.pick(["empty", "[1,3)", "(,5)"]) }),
    ColumnType(source: "inet", target: "inet", clean: { $0.pick(["10.0.0.1", "10.0.0.1/8", "::1"]) }),
    ColumnType(source: "bit(3)", target: "bit(3)", clean: { $0.pick(["000", "101"]) }),
    ColumnType(
      source: "varbit(8)", target: "varbit(4)", clean: { $0.pick(["", "1", "0101"]) }, dirty: ["10101"],
      held: { $0.count <= 4 ? $0 : nil }),
    ColumnType(source: "tsvector", target: "tsvector", clean: { $0.pick(["", "'a' 'b'", "'a':1"]) }),
  ]

  private static let jsonAsJSONB = [
    #"{"a":1}"#: #"{"a": 1}"#, #"{ "b":[1,2], "a" : 1.0 }"#: #"{"a": 1.0, "b": [1, 2]}"#, "[ ]": "[]",
    #""\\u0000""#: #""\\u0000""#,
  ]

  @Sendable private static func uuidText(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
  }
}
