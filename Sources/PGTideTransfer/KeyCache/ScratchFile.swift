import FoundationEssentials
import LZ4Frame
import Synchronization
import SystemPackage

/// A file that only this process can reach, for bytes that are appended and read again.
///
/// It has no name from the moment it stands, so that nothing of it is left when the process ends, in whatever way.
package final class ScratchFile: Sendable {
  package struct Range: Sendable {
    package let offset: Int64
    package let count: Int
  }

  private struct State {
    var file: FileDescriptor?
    var end: Int64 = 0
    var isClosed = false
  }

  private let limit: Int
  private let state = Mutex(State())

  package init(limit: Int) { self.limit = limit }

  deinit { state.withLock { try? $0.file?.close() } }

  /// Appends bytes; `nil` when the limit or the disk does not allow it.
  package func append(_ bytes: [UInt8]) -> Range? {
    state.withLock { state in
      guard !state.isClosed, Int(state.end) + bytes.count <= limit else { return nil }
      do {
        let file = try state.file ?? Self.make()
        state.file = file
        try file.writeAll(toAbsoluteOffset: state.end, bytes)
      } catch {
        state.isClosed = true
        return nil
      }
      defer { state.end += Int64(bytes.count) }
      return Range(offset: state.end, count: bytes.count)
    }
  }

  /// Throws: an error of the file system.
  package func read(_ range: Range) throws -> [UInt8] {
    try state.withLock { state in
      guard let file = state.file else { throw Errno.badFileDescriptor }
      return try file.bytes(atOffset: range.offset, count: range.count)
    }
  }

  private static func make() throws -> FileDescriptor {
    let name = "pgtide-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
    let file = try FileDescriptor.open(
      FilePath(path), .readWrite, options: [.create, .exclusiveCreate], permissions: .ownerReadWrite)
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      try? file.close()
      throw error
    }
    return file
  }
}
