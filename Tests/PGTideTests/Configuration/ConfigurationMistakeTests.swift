import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct ConfigurationMistakeTests {
  // MARK: - The file

  @Test(arguments: ["", "\n\n", "# only a comment\n", "---\n", "null"])
  func `an empty file says so`(text: String) {
    #expect(
      ConfigurationSample.mistakes(text)
        == ["pgtide.yaml: the file is empty; it takes `source`, `target`, `origin` and `tables`"])
  }

  @Test(arguments: [("just text", "a text"), ("- a\n- b", "a list")])
  func `a file that is no mapping is told what it should be`(text: String, kind: String) {
    #expect(
      ConfigurationSample.mistakes(text) == [
        "pgtide.yaml:1:1: the configuration: expected a mapping with `flow`, `source`, `target`, `origin`, `stamps`, "
          + "`sequences`, `updates`, `deletes`, `max_delete`, `max_drop`, `expect`, `metadata`, `session`, `defaults` and `tables`, found \(kind)"
      ])
  }

  @Test func `what must be there is named with its purpose`() {
    #expect(
      ConfigurationSample.mistakes("flow: forward") == [
        "pgtide.yaml:1:1: the configuration: `source` is missing: the database that rows come from",
        "pgtide.yaml:1:1: the configuration: `target` is missing: the database that rows go to",
        "pgtide.yaml:1:1: the configuration: `tables` is missing: the tables to bring level",
      ])
  }

  @Test func `mistakes in several places are told together, in the order of the lines`() {
    let text = """
      sorce: dbname=a
      source: {connection: dbname=a, shema: x}
      target: [b]
      defaults: {jobs: many}
      tables:
        a.b.c:
        jobs: {skp: x}
      """
    #expect(
      ConfigurationSample.mistakes(text) == [
        "pgtide.yaml:1:1: unknown key `sorce` in the configuration; did you mean `source`?",
        "pgtide.yaml:2:32: unknown key `shema` in `source`; did you mean `schema`?",
        "pgtide.yaml:3:9: `target`: expected a mapping with `connection` and `schema`, found a list",
        "pgtide.yaml:4:18: `defaults`: `jobs` takes a whole number from 1, found `many`",
        "pgtide.yaml:6:3: `a.b.c` is no table name; expected `name` or `schema.name`",
        "pgtide.yaml:7:10: unknown key `skp` in table `jobs`; did you mean `skip`?",
      ])
  }

  @Test func `a missing end does not hide what is wrong with the flow`() {
    let mistakes = ConfigurationSample.mistakes("source: dbname=office\nflow: a b\ntables: [jobs]")
    #expect(mistakes.contains("pgtide.yaml:2:7: `flow` takes letters, digits, - and _, found `a b`"))
  }

  @Test(arguments: [
    ("flows: a", "unknown key `flows` in the configuration; did you mean `flow`?"),
    (
      "password: a",
      "unknown key `password` in the configuration; known are `flow`, `source`, `target`, `origin`, `stamps`, "
        + "`sequences`, `updates`, `deletes`, `max_delete`, `max_drop`, `expect`, `metadata`, `session`, `defaults` and `tables`"
    ),
    ("origin: {colum: a, column: s, ours: D}", "unknown key `colum` in `origin`; did you mean `column`?"),
    ("stamps: {inserted: a}", "unknown key `inserted` in `stamps`; known are `created` and `updated`"),
    ("metadata: {tabel: a}", "unknown key `tabel` in `metadata`; did you mean `table`?"),
    ("defaults: {job: 2}", "unknown key `job` in `defaults`; did you mean `jobs`?"),
  ])
  func `a key that nobody knows gets the nearest that is known`(line: String, message: String) {
    let mistakes = ConfigurationSample.mistakes(ConfigurationSample.head + line + "\ntables: [jobs]")
    #expect(mistakes.count == 1)
    #expect(mistakes.first?.hasPrefix("pgtide.yaml:3:") == true)
    #expect(mistakes.first?.hasSuffix(": " + message) == true)
  }

  @Test(arguments: [
    ("flow: a b", "`flow` takes letters, digits, - and _, found `a b`"),
    ("flow: ''", "`flow` takes letters, digits, - and _, found ``"),
    ("flow: [a]", "the configuration: `flow` takes a text, found a list"),
    ("origin: D", "`origin`: expected `none` or a mapping with `column`, `ours` and `null`, found a text"),
    ("origin: {column: source}", "`origin`: `ours` is missing: the marker's value in rows that come from the source"),
    ("origin: {ours: D}", "`origin`: `column` is missing: the marker column of the target"),
    (
      "origin: {column: source, ours: null}",
      "`origin`: `ours` has no value: the marker's value in rows that come from the source"
    ),
    ("max_drop:", "the configuration: `max_drop` has no value; give it one, or take the key out"),
    ("expect: ~", "the configuration: `expect` has no value; give it one, or take the key out"),
    ("expect: ' '", "the configuration: `expect` takes a text, found an empty text"),
    ("defaults: {max_rejects: null}", "`defaults`: `max_rejects` has no value; give it one, or take the key out"),
    ("stamps: {created: at, updated: at}", "`stamps`: `created` and `updated` are the same column"),
    ("stamps: created_at", "`stamps`: expected `none` or a mapping with `created` and `updated`, found a text"),
    ("stamps: {created: [a]}", "`stamps`: `created` takes a text, found a list"),
    ("sequences: set", "the configuration: `sequences` takes `move` or `keep`, found `set`"),
    ("metadata: off", "`metadata`: expected `none` or a mapping with `schema` and `table`, found a text"),
    (
      "defaults: 4",
      "`defaults`: expected a mapping with `jobs`, `chunk_bytes`, `chunk_rows`, `buffer_bytes`, `copy_format`, "
        + "`max_rejects`, `lock_timeout`, `connect_timeout`, `retries`, `stall_timeout`, `integrity`, `direct_load`, `indexes`, "
        + "`digest`, `key_cache`, `analyze`, `spill`, `spill_dir`, `spill_limit`, `keep_runs`, `keep_deleted` and "
        + "`mode`, found a text"
    ),
    ("defaults: {mode: quick}", "`defaults`: `mode` takes `full` or `incremental`, found `quick`"),
    ("defaults: {jobs: 0}", "`defaults`: `jobs` takes a whole number from 1, found `0`"),
    ("defaults: {jobs: 2.5}", "`defaults`: `jobs` takes a whole number from 1, found `2.5`"),
    ("defaults: {jobs: [2]}", "`defaults`: `jobs` takes a whole number from 1, found a list"),
    (
      "defaults: {chunk_bytes: 63KiB}",
      "`defaults`: `chunk_bytes` takes a size from 64KiB, such as 16MiB, found `63KiB`"
    ),
    ("defaults: {chunk_bytes: big}", "`defaults`: `chunk_bytes` takes a size from 64KiB, such as 16MiB, found `big`"),
    (
      "defaults: {buffer_bytes: 63KiB}",
      "`defaults`: `buffer_bytes` takes a size from 64KiB to 16MiB, such as 256KiB, found `63KiB`"
    ),
    (
      "defaults: {buffer_bytes: 17MiB}",
      "`defaults`: `buffer_bytes` takes a size from 64KiB to 16MiB, such as 256KiB, found `17MiB`"
    ),
    ("defaults: {copy_format: csv}", "`defaults`: `copy_format` takes `binary` or `text`, found `csv`"),
    ("defaults: {spill: often}", "`defaults`: `spill` takes `never` or `always`, found `often`"),
    ("defaults: {spill_limit: all}", "`defaults`: `spill_limit` takes a size such as 10GiB, found `all`"),
    ("defaults: {chunk_rows: 0}", "`defaults`: `chunk_rows` takes a whole number from 1, found `0`"),
    ("defaults: {max_rejects: -1}", "`defaults`: `max_rejects` takes a whole number from 0, found `-1`"),
    (
      "defaults: {lock_timeout: 10}",
      "`defaults`: `lock_timeout` takes a duration such as 10s, up to 24h, found `10`"
    ),
    (
      "defaults: {lock_timeout: 0s}",
      "`defaults`: `lock_timeout` takes a duration such as 10s, up to 24h, found `0s`"
    ),
    (
      "defaults: {connect_timeout: 1441min}",
      "`defaults`: `connect_timeout` takes a duration in whole seconds such as 10s, from 2s up to 24h, found `1441min`"
    ),
    (
      "defaults: {connect_timeout: 1s}",
      "`defaults`: `connect_timeout` takes a duration in whole seconds such as 10s, from 2s up to 24h, found `1s`"
    ),
    (
      "defaults: {connect_timeout: 2500ms}",
      "`defaults`: `connect_timeout` takes a duration in whole seconds such as 10s, from 2s up to 24h, found `2500ms`"
    ),
    ("defaults: {analyze: maybe}", "`defaults`: `analyze` takes true or false, found `maybe`"),
  ])
  func `a value that does not fit says what would`(line: String, message: String) {
    let mistakes = ConfigurationSample.mistakes(ConfigurationSample.head + line + "\ntables: [jobs]")
    #expect(mistakes.count == 1)
    #expect(mistakes.first?.hasPrefix("pgtide.yaml:3:") == true)
    #expect(mistakes.first?.hasSuffix(": " + message) == true)
  }

  // MARK: - Tables

  @Test(arguments: [
    ("tables: jobs", "`tables` takes a mapping from table names to their rules, or a list of names, found a text"),
    ("tables: [{jobs: {skip: a}}]", "`tables` takes names, found a mapping"),
    ("tables: [jobs, ~]", "`tables` takes names, found nothing"),
    ("tables: {~: {skip: a}}", "`tables`: a table's name is a text, found nothing"),
    ("tables: {? [a, b] : }", "`tables`: a table's name is a text, found a list"),
    ("tables: {}", "`tables` names none"),
    ("tables: []", "`tables` names none"),
    ("tables: [.jobs]", "`.jobs` is no table name; expected `name` or `schema.name`"),
    ("tables: ['']", "`` is no table name; expected `name` or `schema.name`"),
    (
      "tables: [jobs, orgs, jobs]",
      "`jobs` repeats the table of line 3; keep one entry, with a `query` if it has several sources"
    ),
    (
      "tables: {jobs: , public.jobs: }",
      "`public.jobs` repeats the table of line 3; keep one entry, with a `query` if it has several sources"
    ),
    ("tables: {1: , '1': }", "`1` stands more than once in the same mapping"),
    ("tables: [hr. ]", "`hr.` is no table name; expected `name` or `schema.name`"),
    ("tables: [a.b.c]", "`a.b.c` is no table name; expected `name` or `schema.name`"),
  ])
  func `a list of tables that is none says what is wrong with it`(line: String, message: String) {
    let mistakes = ConfigurationSample.mistakes(ConfigurationSample.head + line)
    #expect(mistakes.count == 1)
    #expect(mistakes.first?.hasPrefix("pgtide.yaml:3:") == true)
    #expect(mistakes.first?.hasSuffix(": " + message) == true)
  }

  @Test(arguments: [
    (
      "other",
      "5:5: table `jobs`: expected a mapping with `from`, `query`, `where`, `key`, `match`, `skip`, `columns`, `origin`, "
        + "`stamps`, `references`, `ignore_references`, `duplicates`, `null_key`, `on_update`, `sequences`, "
        + "`updates`, `deletes`, `scope`, `max_delete`, `max_drop`, `expect`, `changed_by`, `full_every` "
        + "and `copy_format`, found a text"
    ),
    ("kye: id", "5:5: unknown key `kye` in table `jobs`; did you mean `key`?"),
    ("from: a.b.c", "5:11: table `jobs`: `a.b.c` is no table name; expected `name` or `schema.name`"),
    ("from: a\nquery: SELECT 1", "5:11: table `jobs`: `from` and `query` exclude each other"),
    ("query: SELECT 1\nfrom:", "6:10: table `jobs`: `from` has no value; give it one, or take the key out"),
    ("query: ''", "5:12: table `jobs`: `query` takes a text, found an empty text"),
    ("where: ' '", "5:12: table `jobs`: `where` takes a text, found an empty text"),
    ("key: []", "5:10: table `jobs`: `key` takes a list of names, found an empty one"),
    ("key: ['']", "5:11: table `jobs`: `key` takes a list of names, found an empty text"),
    ("where: [a]", "5:12: table `jobs`: `where` takes a text, found a list"),
    ("key: {a: b}", "5:10: table `jobs`: `key` takes a list of names, found a mapping"),
    ("key: [a, [b]]", "5:14: table `jobs`: `key` takes a list of names, found a list"),
    ("key: [a, ~]", "5:14: table `jobs`: `key` takes a list of names, found nothing"),
    ("key: [a, a]", "5:14: table `jobs`: `key` names `a` twice"),
    ("skip: [a, b, a]", "5:18: table `jobs`: `skip` names `a` twice"),
    ("skip: [id]\nkey: [id]", "5:11: table `jobs`: column `id` is part of the key, so it cannot be skipped"),
    ("skip: [a]\ncolumns: {a: b}", "5:11: table `jobs`: column `a` stands under `skip` and under `columns`"),
    (
      "origin: all",
      "5:13: `origin` of table `jobs`: expected `none` or a mapping with `column`, `ours` and `null`, found a text"
    ),
    (
      "stamps: [a]",
      "5:13: `stamps` of table `jobs`: expected `none` or a mapping with `created` and `updated`, found a list"
    ),
  ])
  func `a table's rules are checked`(rules: String, message: String) {
    #expect(ConfigurationSample.tableMistakes(rules) == ["pgtide.yaml:" + message])
  }

  @Test(arguments: [
    (
      "columns: [a]", "5:14: table `jobs`: `columns` takes a mapping from target columns to what they get, found a list"
    ),
    ("columns: {? [a] : b}", "5:17: table `jobs`: a column's name is a text, found a list"),
    (
      "columns: {a: }",
      "5:18: table `jobs`: column `a` takes a source column, {constant: …}, {expression: …} or {lookup: …}, found nothing"
    ),
    (
      "columns: {a: [b]}",
      "5:18: table `jobs`: column `a` takes a source column, {constant: …}, {expression: …} or {lookup: …}, found a list"
    ),
    (
      "columns: {a: {const: 1, constant: 1}}",
      "5:19: unknown key `const` in column `a` of table `jobs`; known are `constant`, `expression`, `lookup`, "
        + "`by`, `take`, `from` and `missing`"
    ),
    ("columns: {a: {}}", "5:18: column `a` of table `jobs`: expected a `constant`, an `expression` or a `lookup`"),
    (
      "columns: {a: {expression: }}",
      "5:18: column `a` of table `jobs`: expected a `constant`, an `expression` or a `lookup`"
    ),
    (
      "columns: {a: {constant: 1, expression: x}}",
      "5:18: column `a` of table `jobs`: `constant` and `expression` exclude each other"
    ),
    (
      "columns: {a: {expression: ''}}",
      "5:31: column `a` of table `jobs`: `expression` takes a text, found an empty text"
    ),
    (
      "columns: {a: ''}",
      "5:18: table `jobs`: column `a` takes a source column, {constant: …}, {expression: …} or {lookup: …}, found an empty text"
    ),
    ("columns: {1: a, '1': b}", "5:15: `1` stands more than once in the same mapping"),
    ("columns: {a: &a b, *a : c, b: d}", "5:32: table `jobs`: `columns` names `b` twice"),
    (
      "columns: {a: {lookup: b, by: {c: d}, take: e, expression: x}}",
      "5:18: column `a` of table `jobs`: `expression` and `lookup` exclude each other"
    ),
    (
      "columns: {a: {lookup: b, take: e}}",
      "5:18: column `a` of table `jobs`: `by` is missing: the columns by which the row is found, and the source row's "
        + "columns that they equal"
    ),
    (
      "columns: {a: {lookup: b, by: {c: d}}}",
      "5:18: column `a` of table `jobs`: `take` is missing: the column whose value is taken"
    ),
    (
      "columns: {a: {lookup: b, by: {}, take: e}}",
      "5:34: column `a` of table `jobs`: `by` takes a mapping from the looked-up table's columns to the source row's, "
        + "found an empty one"
    ),
    (
      "columns: {a: {lookup: b, by: {c: [d]}, take: e}}",
      "5:38: column `a` of table `jobs`: `by` takes a column of the source row for `c`, found a list"
    ),
    (
      "columns: {a: {lookup: b.c.d, by: {c: d}, take: e}}",
      "5:27: column `a` of table `jobs`: `b.c.d` is no table name; expected `name` or `schema.name`"
    ),
    (
      "columns: {a: {lookup: b, by: {c: d}, take: e, from: here}}",
      "5:57: column `a` of table `jobs`: `from` takes `source` or `target`, found `here`"
    ),
    (
      "columns: {a: {lookup: b, by: {c: d}, take: e, missing: skip}}",
      "5:60: column `a` of table `jobs`: `missing` takes `reject` or `null`, found `skip`"
    ),
    ("columns: {a: {by: {c: d}, constant: 1}}", "5:18: column `a` of table `jobs`: `by` belongs to a `lookup`"),
    ("columns: {a: {constant: [1]}}", "5:29: column `a` of table `jobs`: `constant` takes a text, found a list"),
  ])
  func `columns are checked`(rules: String, message: String) {
    #expect(ConfigurationSample.tableMistakes(rules) == ["pgtide.yaml:" + message])
  }

  @Test func `the path of the file stands before each mistake`() {
    let error = #expect(throws: ConfigurationError.self) {
      try ConfigurationFile.parse("flow: a", path: "conf/x.yaml", environment: [:])
    }
    #expect(error?.description.split(separator: "\n").allSatisfy { $0.hasPrefix("conf/x.yaml:1:1: ") } == true)
  }
}
