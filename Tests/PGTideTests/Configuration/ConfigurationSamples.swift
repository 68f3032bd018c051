@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Files for the reader's tests, and what it says to them.
enum ConfigurationSample {
  /// A file without tables, for tests that add some.
  static let head = "source: dbname=office\ntarget: dbname=hosted\n"

  /// Every key of the format.
  static let everything = """
    flow: reverse-2
    source:
      connection: ${OFFICE_DB}
      schema: accounts
    target: {connection: "dbname=hosted", schema: app}
    origin: {column: source, ours: D}
    stamps: {created: created_at, updated: updated_at}
    sequences: keep
    deletes: remove
    updates: keep
    max_delete: 20
    max_drop: 2.5%
    expect: SELECT 1
    metadata: {schema: meta, table: sync_status}
    session:
      source: {TimeZone: Europe/Berlin}
      target: {search_path: "app, public", app.tenant: 7}
    defaults:
      jobs: 4
      chunk_bytes: 8MiB
      buffer_bytes: 1MiB
      copy_format: text
      chunk_rows: 50000
      max_rejects: 100
      lock_timeout: 5s
      connect_timeout: 30s
      key_cache: on
      analyze: no
      spill: always
      spill_dir: /var/spill
      spill_limit: 10GiB
      keep_deleted: 60d
    tables:
      plain:
      hr.people:
        from: legacy.mbstaff
        where: src.active
        key: [org_id, staff_no]
        skip: photo
        columns:
          name: staff_name
          country: {constant: IE}
          note: {constant: }
          hours: {expression: "round(src.hours, 2)"}
          client_id: {lookup: legacy.jobshead, by: {job_id: job, part: part_no}, take: client_id}
          region: {lookup: regions, by: {id: region_no}, take: name, from: target, missing: null}
        origin: none
        stamps: none
        references:
          - {columns: [org_id], table: orgmaster}
          - {columns: [boss_org, boss_no], table: hr.people, key: [org_id, staff_no]}
        ignore_references: [people_team_fkey]
        duplicates: {last: src.changed_at}
        sequences: move
        deletes: keep
        updates: write
        scope: region = 1
        max_delete: 7%
        max_drop: 0
        expect: SELECT 2
      summary:
        query: SELECT 1 AS id
        origin: {column: born, ours: desk, "null": protected}
        stamps: {updated: changed_at}
        duplicates: {first: src.id}
      strict:
        duplicates: error
        null_key: equal
        copy_format: binary
        changed_by: {column: changed_at, overlap: 1h}
        full_every: 7d
    """

  static func read(_ text: String, environment: [String: String] = [:]) throws(ConfigurationError) -> SyncConfiguration
  {
    try ConfigurationFile.parse(text, environment: environment)
  }

  /// What is wrong with a file, as the user sees it; nothing if the reader takes it.
  static func mistakes(_ text: String, environment: [String: String] = [:]) -> [String] {
    do throws(ConfigurationError) {
      _ = try read(text, environment: environment)
      return []
    } catch {
      return error.description.split(separator: "\n").map(String.init)
    }
  }

  /// The only table of a file that says `rules` of it, one line each.
  static func table(_ rules: String) throws -> TableConfiguration? {
    try read(head + "tables:\n  jobs: {\(rules)}\n").tables.first
  }

  /// What is wrong with such a table's rules. They stand in line 5, from column 5.
  static func tableMistakes(_ rules: String) -> [String] {
    mistakes(head + "tables:\n  jobs:\n    " + rules.split(separator: "\n").joined(separator: "\n    ") + "\n")
  }
}
