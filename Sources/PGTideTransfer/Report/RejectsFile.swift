import Glibc
import LZ4Frame
import Postgres
import SystemPackage

/// A run's rejects as JSON lines: one object a reject, with table, key, reason, column, message and row.
package struct RejectsFile: Sendable {
  package let path: String
  private let file: FileDescriptor

  /// Rows fetched at a time, so that memory does not grow with the rejects.
  private static let page = 1000

  /// Makes the file anew, for its owner's eyes only: it holds users' rows. Done before the run begins, so that a wrong
  /// path is told before anything happens.
  ///
  /// A file of rejects that is there already is taken away first, because somebody may have it open; one that holds
  /// something else, such as the configuration, is left alone, and no link is followed. Devices such as /dev/null are
  /// written as they are.
  package static func create(_ path: String) throws(SyncError) -> RejectsFile {
    let place = FilePath(path)
    do {
      guard let facts = try? Stat(place, followTargetSymlink: false) else { return try make(path) }
      switch facts.type {
      case .characterSpecial:
        return RejectsFile(path: path, file: try FileDescriptor.open(place, .writeOnly, options: [.noFollow]))
      case .regular where facts.userID.rawValue == geteuid():
        guard try holdsRejects(place) else { throw refusal(path, "the file that is there holds something else") }
        guard unsafe unlink(path) == 0 else { throw Errno(rawValue: errno) }
        return try make(path)
      default: throw refusal(path, "there is \(facts.type.named) of this name already")
      }
    } catch let error as SyncError {
      throw error
    } catch {
      throw refusal(path, error.plain)
    }
  }

  /// Whether nothing would be lost with a file: it is empty, or begins as one of ours does.
  private static func holdsRejects(_ place: FilePath) throws -> Bool {
    let start = Array("{\"key\": ".utf8)
    let file = try FileDescriptor.open(place, .readOnly, options: [.noFollow])
    return try file.closeAfter {
      var found = [UInt8](repeating: 0, count: start.count)
      let count = try file.read(intoFrontOf: &found)
      return count == 0 || found == start
    }
  }

  private static func make(_ path: String) throws -> RejectsFile {
    let file = try FileDescriptor.open(
      FilePath(path), .writeOnly, options: [.create, .exclusiveCreate, .noFollow], permissions: .ownerReadWrite)
    return RejectsFile(path: path, file: file)
  }

  private static func refusal(_ path: String, _ why: String) -> SyncError {
    SyncError(
      message: "the rejects file \(path) cannot be written: \(why)",
      advice: "Give --rejects-file a new file, or one that an earlier run wrote, in a directory that you can write to"
    )
  }

  package func close() { try? file.close() }

  /// Writes the run's rejects, and says so. A full disk, or a lost connection, does not undo a run that has landed.
  ///
  /// Throws: `CancellationError`.
  package func write(_ run: RunIdentity, from connection: Connection) async throws -> String {
    do {
      return "\(try await copy(run, from: connection)) rejects written to \(path)"
    } catch let error as CancellationError {
      throw error
    } catch {
      return "the rejects file \(path) is not complete (\(error.inOneLine)); all rejects are in pgtide.rejects"
    }
  }

  private func copy(_ run: RunIdentity, from connection: Connection) async throws -> Int {
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

extension FileType {
  /// For messages, with its article.
  fileprivate var named: String {
    switch self {
    case .regular: "a file of another user"
    case .directory: "a directory"
    case .symbolicLink: "a symbolic link, which is not followed,"
    case .fifo: "a pipe"
    case .socket: "a socket"
    default: "something else than a file"
    }
  }
}

extension RejectSQL {
  /// The next rejects of a run as JSON objects, behind the one numbered `after`.
  package static func page(run: RunIdentity, after: String, limit: Int) -> SQL {
    """
    SELECT reject_id, pg_catalog.jsonb_build_object('table', table_name, 'key', row_key, 'reason', reason,
      'column', column_name, 'message', message, 'row', row_data)
    FROM \(rejects) WHERE run_id OPERATOR(pg_catalog.=) \(bind: run.id)::bigint
      AND reject_id OPERATOR(pg_catalog.>) \(bind: after)::bigint
    ORDER BY reject_id LIMIT \(limit)
    """
  }
}
