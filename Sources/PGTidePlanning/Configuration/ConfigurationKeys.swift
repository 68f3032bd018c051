/// The keys of `pgtide.yaml`, by the mapping that they stand in. `pgtide.schema.json` has the same ones for editors; a
/// test compares the two.
enum ConfigurationKeys {
  static let file = [
    "flow", "source", "target", "origin", "stamps", "metadata", "session", "defaults", "tables",
  ]
  static let end = ["connection", "schema"]
  static let session = ["source", "target"]
  static let origin = ["column", "ours"]
  static let stamps = ["created", "updated"]
  static let metadata = ["schema", "table"]
  static let defaults = [
    "jobs", "chunk_bytes", "chunk_rows", "buffer_bytes", "copy_format", "max_rejects", "lock_timeout",
    "connect_timeout", "retries", "stall_timeout", "integrity", "direct_load", "indexes", "digest", "key_cache",
    "analyze", "spill", "spill_dir", "spill_limit", "lz4_level", "keep_runs",
  ]
  static let table = [
    "from", "query", "where", "key", "skip", "columns", "origin", "stamps", "references", "ignore_references",
    "duplicates", "on_update", "copy_format",
  ]
  static let column = ["constant", "expression"]
  static let reference = ["columns", "table", "key"]
  static let duplicates = ["first", "last"]
}
