/// Configurations that are mostly right, with odd values, misspelt keys and missing ones here and there.
///
/// It knows the format from docs/reference, not from the reader or the schema: both are tested with it.
package struct RandomConfiguration {
  private var random: SeededGenerator
  /// How many values in a thousand are odd.
  private let oddness: Int

  /// A file's text, always YAML.
  package static func text(oddness: Int, using random: inout SeededGenerator) -> String {
    var configuration = RandomConfiguration(random: random, oddness: oddness)
    defer { random = configuration.random }
    return configuration.file().document
  }

  // MARK: - The format

  private mutating func file() -> YAMLText {
    mapping([
      ("source", 1000, { $0.end() }), ("target", 1000, { $0.end() }), ("tables", 1000, { $0.tables() }),
      ("flow", 300, { $0.pick(["forward", "reverse-2", "a_b", "7", "ü"]) }), ("origin", 500, { $0.origin() }),
      ("stamps", 300, { $0.stamps() }), ("metadata", 300, { $0.metadata() }), ("defaults", 500, { $0.defaults() }),
      ("session", 300, { $0.session() }),
    ])
  }

  private mutating func session() -> YAMLText {
    mapping([("source", 600, { $0.settings() }), ("target", 600, { $0.settings() })])
  }

  private mutating func settings() -> YAMLText {
    mapping([
      ("TimeZone", 500, { $0.pick(["UTC", "Europe/Berlin", ""]) }), ("search_path", 500, { $0.pick(["app", "''"]) }),
      ("app.tenant", 300, { $0.pick(["7", "true", "x"]) }),
    ])
  }

  private mutating func end() -> YAMLText {
    if random.chance(2) { return connection() }
    return mapping([("connection", 1000, { $0.connection() }), ("schema", 500, { $0.name() })])
  }

  private mutating func connection() -> YAMLText {
    pick(["dbname=office", "${OFFICE_DB}", "host=a port=5432 user=${SECRET}", "", "postgresql://a@b/c?sslmode=require"])
  }

  private mutating func origin() -> YAMLText {
    random.chance(3)
      ? .plain("none")
      : mapping([
        ("column", 1000, { $0.name() }), ("ours", 1000, { $0.pick(["D", "", "1", "true"]) }),
        ("null", 200, { $0.pick(["ours", "protected", ""]) }),
      ])
  }

  private mutating func stamps() -> YAMLText {
    random.chance(3) ? .plain("none") : mapping([("created", 600, { $0.name() }), ("updated", 600, { $0.name() })])
  }

  private mutating func metadata() -> YAMLText {
    random.chance(3) ? .plain("none") : mapping([("schema", 500, { $0.name() }), ("table", 500, { $0.name() })])
  }

  private mutating func defaults() -> YAMLText {
    mapping([
      ("jobs", 400, { $0.pick(["1", "4", "08", "0", "-1", "+3", "2.5", "99999999999999999999"]) }),
      ("buffer_bytes", 400, { $0.pick(["65536", "256KiB", "64 kib", "16MiB", "17MiB", "1", "1M"]) }),
      ("chunk_bytes", 400, { $0.pick(["65536", "16MiB", "64 kib", "1GB", "1", "16M", "1.5MiB"]) }),
      ("chunk_rows", 300, { $0.pick(["1", "50000", "0", "many"]) }),
      ("copy_format", 300, { $0.pick(["binary", "text", "csv", "Text"]) }),
      ("spill", 300, { $0.pick(["never", "always", "Always", "sometimes"]) }),
      ("spill_dir", 300, { $0.pick(["/var/spill", "spill", "~", ""]) }),
      ("spill_limit", 300, { $0.pick(["0", "10GiB", "-1", "5 apples"]) }),
      ("max_rejects", 300, { $0.pick(["0", "100", "-0", "-1"]) }),
      ("retries", 300, { $0.pick(["0", "5", "-1"]) }), ("stall_timeout", 300, { $0.pick(["60s", "1H", "0s"]) }),
      ("lock_timeout", 400, { $0.pick(["10s", "500ms", "2 MIN", "1h", "0s", "10", "10m"]) }),
      ("connect_timeout", 400, { $0.pick(["10s", "2s", "1min", "0s", "s"]) }),
      ("digest", 300, { $0.pick(["auto", "never", "no"]) }),
      ("indexes", 300, { $0.pick(["keep", "rebuild", "drop"]) }),
      ("direct_load", 300, { $0.pick(["auto", "never", "no"]) }),
      ("integrity", 300, { $0.pick(["auto", "triggers", "none"]) }),
      ("key_cache", 300, { $0.pick(["on", "OFF", "true", "auto", "1"]) }),
      ("keep_runs", 300, { $0.pick(["1", "100", "0", "all"]) }),
      ("mode", 300, { $0.pick(["full", "incremental", "quick"]) }),
      ("analyze", 400, { $0.pick(["true", "yes", "Off", "maybe", "1"]) }),
    ])
  }

  private mutating func tables() -> YAMLText {
    let count = 1 + random.below(3)
    if random.chance(3) { return .list((0..<count).map { _ in oddOr { $0.tableName() } }) }
    return .mapping((0..<count).map { _ in (oddOr { $0.tableName() }, oddOr { $0.table() }) })
  }

  private mutating func table() -> YAMLText {
    if random.chance(4) { return .plain("") }
    return mapping([
      ("from", 200, { $0.tableName() }), ("query", 100, { $0.pick(["SELECT 1 AS id"]) }),
      ("where", 200, { $0.pick(["src.active", "a * b > 1"]) }), ("key", 300, { $0.names() }),
      ("skip", 300, { $0.names() }), ("columns", 300, { $0.columns() }), ("origin", 300, { $0.origin() }),
      ("stamps", 200, { $0.stamps() }), ("references", 300, { $0.references() }),
      ("ignore_references", 200, { $0.names() }), ("duplicates", 300, { $0.duplicates() }),
      ("copy_format", 200, { $0.pick(["binary", "text", "csv"]) }),
      ("updates", 200, { $0.pick(["write", "keep", "add"]) }),
      ("null_key", 200, { $0.pick(["reject", "equal", "null"]) }),
      ("changed_by", 200, { $0.changes() }), ("full_every", 50, { $0.longDuration() }),
    ])
  }

  private mutating func changes() -> YAMLText {
    if random.chance(3) { return name() }
    return mapping([("column", 950, { $0.name() }), ("overlap", 500, { $0.longDuration() })])
  }

  private mutating func longDuration() -> YAMLText {
    pick(["10s", "10 MIN", "7d", "3650d", "3651d", "500ms", "0s", "10"])
  }

  private mutating func columns() -> YAMLText {
    .mapping(
      (0..<random.below(3)).map { _ in
        let value = oddOr { (self: inout RandomConfiguration) in
          switch self.random.below(5) {
          case 0: self.mapping([("constant", 1000, { $0.pick(["IE", "", "007", "null"]) })])
          case 1: self.mapping([("expression", 1000, { $0.pick(["round(src.a, 2)"]) })])
          case 2: self.mapping([("constant", 500, { $0.name() }), ("expression", 500, { $0.name() })])
          case 3: self.lookup()
          default: self.name()
          }
        }
        return (oddOr { $0.name() }, value)
      })
  }

  private mutating func lookup() -> YAMLText {
    mapping([
      ("lookup", 980, { $0.tableName() }), ("by", 980, { $0.matches() }), ("take", 980, { $0.name() }),
      ("from", 300, { $0.pick(["source", "target", "Source"]) }),
      ("missing", 300, { $0.pick(["reject", "null", "skip"]) }),
    ])
  }

  private mutating func matches() -> YAMLText {
    .mapping((0..<random.below(4)).map { _ in (oddOr { $0.name() }, oddOr { $0.name() }) })
  }

  private mutating func references() -> YAMLText {
    .list(
      (0..<random.below(3)).map { _ in
        mapping([
          ("columns", 1000, { $0.names() }), ("table", 1000, { $0.tableName() }), ("key", 400, { $0.names() }),
        ])
      })
  }

  private mutating func duplicates() -> YAMLText {
    switch random.below(4) {
    case 0: .plain("error")
    case 1: mapping([("first", 1000, { $0.name() })])
    case 2: mapping([("last", 1000, { $0.name() })])
    default: mapping([("first", 500, { $0.name() }), ("last", 500, { $0.name() })])
    }
  }

  private mutating func names() -> YAMLText {
    random.chance(3) ? oddOr { $0.name() } : .list((0..<random.below(4)).map { _ in oddOr { $0.name() } })
  }

  private mutating func name() -> YAMLText { pick(["a", "b", "c", "id", "job_id", "yes", "123", "Straße", "x.y"]) }

  private mutating func tableName() -> YAMLText {
    pick(["jobs", "orgs", "people", "hr.people", "public.jobs", "007", "1.5", "a.b.c", ".a"])
  }

  // MARK: - Making it odd

  private typealias Make = (inout RandomConfiguration) -> YAMLText

  /// Keys with their chances in a thousand.
  private mutating func mapping(_ keys: [(String, Int, Make)]) -> YAMLText {
    var pairs: [(YAMLText, YAMLText)] = []
    for (key, chance, make) in keys where random.below(1000) < chance && random.below(1000) >= oddness / 4 {
      pairs.append((.plain(random.below(1000) < oddness / 4 ? misspelt(key) : key), oddOr(make)))
    }
    return .mapping(pairs)
  }

  private mutating func misspelt(_ key: String) -> String {
    var letters = Array(key)
    letters.swapAt(0, letters.count - 1)
    return random.chance(2) ? String(letters) : key + "s"
  }

  private mutating func oddOr(_ make: Make) -> YAMLText { random.below(1000) < oddness ? odd() : make(&self) }

  private mutating func odd() -> YAMLText {
    random.pick([
      .plain(""), .plain("~"), .plain("null"), .plain("true"), .plain("1"), .plain("-1"), .plain("1.5"), .plain("none"),
      .plain("error"), .plain("a.b.c"), .quoted(""), .quoted(" "), .quoted("null"), .quoted("4"), .quoted("a:b"),
      .list([]), .mapping([]), .list([.plain("a"), .plain("a")]), .list([.plain("")]), .list([.plain("a"), .list([])]),
      .mapping([(.plain("a"), .plain("b"))]), .mapping([(.plain("connection"), .plain(""))]),
    ])
  }

  private mutating func pick(_ texts: [String]) -> YAMLText {
    let text = random.pick(texts)
    return random.chance(8) || !YAMLText.isPlain(text) ? .quoted(text) : .plain(text)
  }
}
