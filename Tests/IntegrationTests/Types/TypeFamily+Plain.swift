extension TypeFamily {
  /// Scales below zero or above the precision came with version 15.
  static let scales = TypeFamily(
    name: "odd scales", needs: [.sourceVersion(15), .targetVersion(15)],
    cases: [
      .texts("numeric(3,5)", "0.00999", "-0.00001"),
      .texts("numeric(2,-3)", "99000", "-1000"),
    ])

  static let numbers = TypeFamily(
    name: "numbers",
    cases: [
      TypeCase("boolean", ["true", "false"]),
      TypeCase("smallint", ["-32768", "32767", "0"]),
      TypeCase("integer", ["-2147483648", "2147483647", "0"]),
      TypeCase("bigint", ["-9223372036854775808", "9223372036854775807", "0"]),
      .texts(
        "numeric", "0", "0.0", "0.00", "-0.5", "1.1", "1.10", "1e-1000", "1e131071", "NaN",
        "12345678901234567890.01234567890123456789"),
      TypeCase("numeric", ["repeat('9', 1000)", "'0.' || repeat('0', 999) || '1'"]),
      .texts("numeric(10,2)", "99999999.99", "-99999999.99", "0", "NaN"),
      .texts("numeric(5,0)", "99999", "-1"),
      .texts(
        "real", "-0", "0", "1e-45", "1.1754944e-38", "3.4028235e38", "-3.4028235e38", "0.1", "16777216", "NaN",
        "Infinity", "-Infinity"),
      .texts(
        "double precision", "-0", "0", "5e-324", "2.2250738585072014e-308", "1.7976931348623157e308", "0.1",
        "0.30000000000000004", "NaN", "Infinity", "-Infinity"),
      .texts("money", "-92233720368547758.08", "92233720368547758.07", "0", "0.01"),
      .texts("oid", "0", "4294967295"),
      .texts("xid", "0", "4294967295"),
      .texts("xid8", "0", "18446744073709551615"),
      .texts("tid", "(0,0)", "(4294967295,65535)"),
      .texts("pg_lsn", "0/0", "FFFFFFFF/FFFFFFFF"),
    ])

  /// What formats, scripts and patterns trip over.
  private static let awkward = [
    "''", "' '", "'  '", #"E'\t'"#, #"E'\n'"#, #"E'\r\n'"#, #"E'\\'"#, #"E'\\N'"#, #"E'\\.'"#, "'NULL'", "'null'",
    #"'"'"#, "''''", "'$$'", "'$1'", "'{}'", "'(,)'", "'%'", "'--'", "chr(1)", "chr(127)", "'é'", #"U&'e\0301'"#, "'ẞ'",
    "'👩‍👧'", #"U&'\202Ea'"#, #"U&'\FEFF'"#, "chr(65535)", "chr(1114111)",
  ]

  static let texts = TypeFamily(
    name: "texts",
    cases: [
      TypeCase(
        "text",
        awkward + [
          // Every character that there is.
          "(SELECT string_agg(chr(g), '') FROM generate_series(1, 1114111) g WHERE g NOT BETWEEN 55296 AND 57343)",
          "repeat('Wörter ', 200000)",
        ]),
      TypeCase("varchar", awkward),
      TypeCase("varchar(5)", awkward + ["'a    '", "'äöüßé'", "repeat(chr(119070), 5)"]),
      // Blanks at the end would make two of them one.
      TypeCase("char(5)", awkward.filter { !["' '", "'  '"].contains($0) } + ["'äöüßé'", "'     a'", "' a'"]),
      TypeCase(#"text COLLATE "C""#, ["'a'", "'A'", "''"]),
      TypeCase("name", ["repeat('x', 63)", "repeat('ä', 31)", "''"]),
      TypeCase(#""char""#, ["'a'", "''", "' '"]),
      TypeCase(
        "bytea",
        [
          "'\\x'", "'\\x00'", "'\\x0000'", "convert_to('\\x41', 'UTF8')",
          "(SELECT string_agg(set_byte('\\x00', 0, g), '' ORDER BY g) FROM generate_series(0, 255) g)",
          "decode(repeat('00ff0a5c', 100000), 'hex')",
        ]),
    ])

  static let times = TypeFamily(
    name: "times",
    cases: [
      .texts(
        "date", "4714-11-24 BC", "5874897-12-31", "infinity", "-infinity", "0001-12-31 BC", "0001-01-01", "1582-10-10",
        "1999-12-31", "2000-01-01", "2024-02-29"),
      .texts("time", "00:00", "24:00", "23:59:59.999999", "00:00:00.000001"),
      .texts("time(0)", "23:59:59", "24:00"),
      .texts("timetz", "00:00+15:59", "12:00-15:59:59", "12:00+00", "13:00+01", "24:00+02", "12:00:00.5+05:30"),
      .texts(
        "timestamp", "4714-11-24 BC", "294276-12-31 23:59:59.999999", "infinity", "-infinity", "2000-01-01",
        "1969-12-31 23:59:59.999999", "2016-12-31 23:59:60", "2024-03-31 02:30"),
      .texts("timestamp(0)", "2024-02-29 12:00:01", "infinity"),
      .texts("timestamp(3)", "2024-02-29 12:00:01.123", "-infinity"),
      // Around the hours that a change of clocks skips and repeats, and days that a place left out.
      .texts(
        "timestamptz", "2024-03-31 01:30 Europe/Berlin", "2024-03-31 03:30 Europe/Berlin", "2024-10-27 02:30 CEST",
        "2024-10-27 02:30 CET", "1900-01-01 12:00 Asia/Kolkata", "2024-01-01 America/St_Johns",
        "2011-12-31 Pacific/Apia", "1890-01-01 Europe/Amsterdam", "4714-11-24 00:00 UTC BC",
        "294276-12-31 23:59:59.999999 UTC", "infinity", "-infinity"),
      .texts("timestamptz(0)", "2024-02-29 12:00:01+05:30", "infinity"),
      .texts(
        "interval", "0", "1 day", "24 hours", "1 month", "30 days", "-1 day +24 hours", "178000000 years",
        "-178000000 years", "0.000001 sec", "1 year -1 day 01:02:03.000004"),
      .texts("interval year to month", "1 year 2 mons", "-1 mon"),
      .texts("interval day to second(3)", "1 day 02:03:04.567", "-00:00:00.001"),
    ])

  static let addresses = TypeFamily(
    name: "addresses, bits and shapes",
    cases: [
      .texts("inet", "10.0.0.1", "10.0.0.1/8", "10.0.0.1/9", "::1", "::ffff:1.2.3.4", "0.0.0.0/0", "::/0"),
      .texts("cidr", "10.0.0.0/8", "10.0.0.0/9", "10.0.0.0/32", "::/0", "2001:db8::/32"),
      .texts("macaddr", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"),
      .texts("macaddr8", "00:00:00:ff:fe:00:00:00", "ff:ff:ff:ff:ff:ff:ff:ff"),
      .texts("uuid", "00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
      TypeCase("bit(3)", ["B'000'", "B'101'"]),
      TypeCase("bit(9)", ["B'000000001'", "B'100000000'"]),
      TypeCase("bit varying", ["B''", "B'0'", "B'00'", "B'1'", "repeat('10', 5000)::varbit"]),
      TypeCase("bit varying(5)", ["B''", "B'10101'"]),
      .texts("point", "(0,0)", "(-0,0)", "(NaN,Infinity)", "(1e-300,-1e300)"),
      .texts("line", "{1,2,3}", "{0,1,0.1}"),
      .texts("lseg", "[(0,0),(1,1)]", "[(1,1),(0,0)]"),
      .texts("box", "((0,0),(2,2))", "((0,0),(4,1))"),
      .texts("path", "((0,0),(1,1))", "[(0,0),(1,1)]", "[(0,0)]"),
      .texts("polygon", "((0,0),(1,1),(2,0))", "((0,0),(2,0),(1,1))"),
      .texts("circle", "<(0,0),1>", "<(1,0),1>"),
    ])
}
