import LZ4Frame
import Postgres
import SystemPackage

/// Writes one file of the spill: a COPY stream in an LZ4 frame.
///
/// Compressing and writing run on a thread of its own, beside the connection that reads.
package actor SpillWriter {
  private let path: String
  private let name: String
  private let budget: SpillBudget
  private let executor: BlockingExecutor
  private let file: FileDescriptor
  private var isOpen = true
  private var compressor: LZ4FrameCompressor
  private var output: [UInt8] = []
  private var bytes = 0
  private var compressedBytes = 0

  /// Bytes that are compressed at a time, and about those that are written at a time.
  private static let slice = 256 << 10

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

  /// Throws: ``SpillFull`` when the file cannot be made.
  package init(creating name: String, in directory: String, budget: SpillBudget) throws {
    self.name = name
    self.budget = budget
    path = "\(directory)/\(name)"
    executor = BlockingExecutor(label: "spill.\(name)")
    compressor = try LZ4FrameCompressor(blockChecksum: true)
    do {
      file = try FileDescriptor.open(
        FilePath(path), .writeOnly, options: [.create, .exclusiveCreate], permissions: .ownerReadWrite)
    } catch {
      throw budget.closed(because: "\(path) cannot be made: \(error.plain)")
    }
  }

  deinit { if isOpen { try? file.close() } }

  /// Throws: ``SpillFull``.
  package func write(_ buffer: CopyBuffer) throws {
    try buffer.withPieces { piece in
      for start in stride(from: 0, to: piece.count, by: Self.slice) {
        let slice = piece.extracting(start..<min(start + Self.slice, piece.count))
        try compressor.compress(slice, appendingTo: &output)
        bytes += slice.count
        if output.count >= Self.slice { try flush() }
      }
    }
  }

  /// Ends the frame and closes the file.
  package func finish(rows: Int) throws -> SpilledFile {
    try compressor.finish(appendingTo: &output)
    let checksum = FrameChecksum.text(output.suffix(4))
    try flush()
    isOpen = false
    do {
      try file.close()
    } catch {
      throw budget.closed(because: "\(path) cannot be written: \(error.plain)")
    }
    return SpilledFile(name: name, rows: rows, bytes: bytes, compressedBytes: compressedBytes, checksum: checksum)
  }

  private func flush() throws {
    try budget.take(output.count)
    do {
      try file.writeAll(output)
    } catch {
      throw budget.closed(because: "\(path) cannot be written: \(error.plain)")
    }
    compressedBytes += output.count
    output.removeAll(keepingCapacity: true)
  }
}

extension SpillBudget {
  fileprivate func closed(because reason: String) -> SpillFull {
    close(because: reason)
    return SpillFull(reason: reason)
  }
}

extension SpillWriter: ChunkWriter {}
