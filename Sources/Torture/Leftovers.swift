import FoundationEssentials
import Postgres

/// What a run must not leave behind.
enum Leftovers {
  /// Sessions of pgtide in this database.
  static let sessions: SQL = """
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name LIKE 'pgtide%' AND datname = current_database() AND pid <> pg_backend_pid()
    """

  /// What is left on the target after a run in good order.
  static func onTarget(_ connection: Connection) async throws -> [String] {
    var left: [String] = []
    let stages = try await connection.query(
      "SELECT relname FROM pg_class WHERE relnamespace = 'pgtide'::regnamespace AND relname ~ '^(stage|delta)_'")
    for stage in stages.rows.map({ QualifiedName("pgtide", $0.text(0)) }) {
      let rows = try await connection.query("SELECT count(*) FROM \(stage)").rows.first?.int(0) ?? -1
      if rows != 0 { left.append("\(rows) rows in \(stage.quoted)") }
    }
    let checks: [(String, SQL)] = [
      (
        "runs that are called running",
        "SELECT count(*) FROM pgtide.runs WHERE status = 'running' OR finished_at IS NULL"
      ),
      ("prepared transactions", "SELECT count(*) FROM pg_prepared_xacts"),
      ("advisory locks", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"),
      ("replication slots", "SELECT count(*) FROM pg_replication_slots"),
      ("temporary files of the server", "SELECT count(*) FROM pg_ls_tmpdir()"),
    ]
    for (what, sql) in checks {
      let count = try await connection.query(sql).rows.first?.int(0) ?? -1
      if count != 0 { left.append("\(count) \(what)") }
    }
    return left
  }

  /// Files beside the configuration and what the suite itself has pgtide write.
  static func files(in directory: String) throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: directory)
    let temporary = try FileManager.default.contentsOfDirectory(atPath: "\(directory)/tmp").map { "tmp/\($0)" }
    return (names.filter { !["pgtide.yaml", "out", "errors", "tmp"].contains($0) } + temporary).map { "the file \($0)" }
  }
}
