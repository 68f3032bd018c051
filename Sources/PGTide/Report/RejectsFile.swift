import Postgres
import SystemPackage

/// A run's rejects as JSON lines: one object a reject, with table, key, reason, column, message and row.
struct RejectsFile: Sendable {
  let path: String
  let run: RunIdentity
  let connection: Connection

  /// Rows fetched at a time, so that memory does not grow with the rejects.
  private static let page = 1000

  /// Writes the file anew, readable by its owner only: it holds users' rows. Returns the number of rejects.
  func write() async throws -> Int {
    let file: FileDescriptor
    do {
      file = try FileDescriptor.open(
        FilePath(path), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    } catch {
      throw SyncError(
        message: "the rejects file \(path) cannot be written: \(error)",
        advice: "The rejects of run \(run.id) are in pgtide.rejects all the same")
    }
    defer { try? file.close() }
    var last = "0"
    var count = 0
    while true {
      let rows = try await connection.query(RejectSQL.page(run: run, after: last, limit: Self.page)).rows
      for row in rows { try file.writeAll((row.text(1) + "\n").utf8) }
      count += rows.count
      guard rows.count == Self.page, let end = rows.last else { return count }
      last = end.text(0)
    }
  }
}

extension RejectSQL {
  /// The next rejects of a run as JSON objects, behind the one numbered `after`.
  static func page(run: RunIdentity, after: String, limit: Int) -> SQL {
    """
    SELECT reject_id, pg_catalog.jsonb_build_object('table', table_name, 'key', row_key, 'reason', reason,
      'column', column_name, 'message', message, 'row', row_data)
    FROM \(rejects) WHERE run_id = \(bind: run.id)::bigint AND reject_id > \(bind: after)::bigint
    ORDER BY reject_id LIMIT \(limit)
    """
  }
}
