/// The keys of `pgtide.yaml`, by the mapping that they stand in. `pgtide.schema.json` has the same ones for editors; a
/// test compares the two.
package enum ConfigurationKeys {
  package static let file = [
    "flow", "source", "target", "origin", "stamps", "sequences", "deletes", "max_delete", "max_drop", "expect",
    "metadata", "session", "defaults", "tables",
  ]
  package static let end = ["connection", "schema"]
  package static let session = ["source", "target"]
  package static let origin = ["column", "ours"]
  package static let stamps = ["created", "updated"]
  package static let metadata = ["schema", "table"]
  package static let table = [
    "from", "query", "where", "key", "match", "skip", "columns", "origin", "stamps", "references", "ignore_references",
    "duplicates", "null_key", "on_update", "sequences", "deletes", "scope", "max_delete", "max_drop", "expect",
    "copy_format",
  ]
  package static let column = ["constant", "expression", "lookup", "by", "take", "from", "missing"]
  package static let reference = ["columns", "table", "key"]
  package static let duplicates = ["first", "last"]

  /// Keys that may stand without a value, or of which more is said where they do.
  package static let fileMayBeEmpty: Set = ["source", "target", "tables", "session", "defaults"]
  package static let tableMayBeEmpty: Set = ["skip", "columns", "references", "ignore_references"]
  package static let columnMayBeEmpty: Set = ["constant", "expression", "lookup", "by", "take", "missing"]
}
