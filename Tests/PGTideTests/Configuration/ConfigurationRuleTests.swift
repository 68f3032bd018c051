import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Mistakes in the rules of a table that are mappings of their own.
@Suite struct ConfigurationRuleTests {
  @Test(arguments: [
    ("references: orgs", "5:17: table `jobs`: `references` takes a list of {columns: …, table: …}, found a text"),
    (
      "references: [orgs]",
      "5:18: a reference of table `jobs`: expected a mapping with `columns`, `table` and `key`, found a text"
    ),
    (
      "references: [{columns: a}]",
      "5:18: a reference of table `jobs`: `table` is missing: the target's table that they refer to"
    ),
    ("references: [{table: a}]", "5:18: a reference of table `jobs`: `columns` is missing: the columns that refer"),
    (
      "references: [{columns: a, table: b, keys: c}]",
      "5:41: unknown key `keys` in a reference of table `jobs`; did you mean `key`?"
    ),
    (
      "references: [{columns: [], table: b}]",
      "5:28: a reference of table `jobs`: `columns` takes a list of names, found an empty one"
    ),
    (
      "references: [{columns: [a, b], table: c, key: d}]",
      "5:51: a reference of table `jobs`: 2 `columns` cannot refer to 1 of `key`"
    ),
    ("references: [{columns: a, table: b.c.d}]", "5:38: a reference of table `jobs`: `b.c.d` is no table name"),
    (
      "references: [{columns: a, table: b}, {columns: [a], table: b}]",
      "5:17: table `jobs`: the same reference stands twice"
    ),
    ("ignore_references: {a: b}", "5:24: table `jobs`: `ignore_references` takes a list of names, found a mapping"),
  ])
  func `references are checked`(rules: String, message: String) {
    #expect(ConfigurationSample.tableMistakes(rules) == ["pgtide.yaml:" + message])
  }

  @Test(arguments: [
    (
      "duplicates: last",
      "5:17: table `jobs`: `duplicates` takes `error`, {first: expression} or {last: expression}, found `last`"
    ),
    (
      "duplicates: [a]",
      "5:17: table `jobs`: `duplicates` takes `error`, {first: expression} or {last: expression}, found a list"
    ),
    ("duplicates: {frist: src.id}", "5:18: unknown key `frist` in `duplicates` of table `jobs`; did you mean `first`?"),
    (
      "duplicates: {first: a, last: b}",
      "5:17: table `jobs`: `duplicates` takes one of `first` and `last`, with an SQL expression"
    ),
    (
      "duplicates: {first: }",
      "5:17: table `jobs`: `duplicates` takes one of `first` and `last`, with an SQL expression"
    ),
  ])
  func `the rule for duplicates is checked`(rules: String, message: String) {
    // A misspelt key may be followed by what is missing because of it.
    #expect(ConfigurationSample.tableMistakes(rules).contains("pgtide.yaml:" + message))
  }
}
