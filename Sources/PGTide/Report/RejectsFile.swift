import Postgres
import SystemPackage

/// A run's rejects as JSON lines: one object a reject, with table, key, reason, column, message and row.
struct RejectsFile: Sendable {
  let path: String
  private let file: FileDescriptor

  /// Rows fetched at a time, so that memory does not grow with the rejects.
  private static let page = 1000

  /// Makes the file anew, readable by its owner only: it holds users' rows. Done before the run begins, so that a
  /// wrong path is told before anything happens.
  static func create(_ path: String) throws(SyncError) -> RejectsFile {
    do {
      let file = try FileDescriptor.open(
        FilePath(path), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
      return RejectsFile(path: path, file: file)
    } catch {
      throw SyncError(
        message: "the rejects file \(path) cannot be written: \(error)",
        advice: "Give --rejects-file a path that can be written")
    }
  }

  func close() { try? file.close() }

  /// Writes the run's rejects, and says so. A full disk does not undo a run that has landed.
  func write(_ run: RunIdentity, from connection: Connection) async throws -> String {
    var last = "0"
    var count = 0
    while true {
      let rows = try await connection.query(RejectSQL.page(run: run, after: last, limit: Self.page)).rows
      do {
        for row in rows { try file.writeAll((row.text(1) + "\n").utf8) }
      } catch {
        return "the rejects file \(path) is not complete (\(error)); all rejects are in pgtide.rejects"
      }
      count += rows.count
      guard rows.count == Self.page, let end = rows.last else { return "\(count) rejects written to \(path)" }
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
    FROM \(rejects) WHERE run_id OPERATOR(pg_catalog.=) \(bind: run.id)::bigint
      AND reject_id OPERATOR(pg_catalog.>) \(bind: after)::bigint
    ORDER BY reject_id LIMIT \(limit)
    """
  }
}
