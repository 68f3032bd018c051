import CopyFormat
import LZ4Frame
import Postgres
import SystemPackage

/// Reads one file of the spill as the COPY stream that was written to it, and makes sure that it is that.
package actor SpillReader: ChunkReader {
  private let path: String
  private let expected: SpilledFile
  private let executor: BlockingExecutor
  private let file: FileDescriptor
  private var decompressor: LZ4FrameDecompressor
  /// Room for what is read from the file; of it, `taken..<filled` has not been decompressed yet.
  private var input = [UInt8](repeating: 0, count: inputBytes)
  private var filled = 0
  private var taken = 0
  private var isAtEnd = false
  private var tail: [UInt8] = []
  private var bytes = 0
  private var compressedBytes = 0

  /// Bytes that are read from the file at a time.
  private static let inputBytes = 64 << 10

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

  package init(_ expected: SpilledFile, in directory: String) throws {
    self.expected = expected
    path = "\(directory)/\(expected.name)"
    executor = BlockingExecutor(label: "spill.\(expected.name)")
    decompressor = try LZ4FrameDecompressor()
    // A name leads nowhere else, whoever wrote the manifest.
    guard !expected.name.contains("/") else { throw SpillDamage(path: path, what: "its name is a path") }
    do {
      file = try FileDescriptor.open(FilePath(path), .readOnly, options: [.noFollow])
    } catch {
      throw SpillDamage(path: path, what: "it cannot be read (\(error.plain))")
    }
  }

  deinit { try? file.close() }

  /// Throws: ``SpillDamage``.
  package func next(into buffer: CopyBuffer, size: Int) throws -> CopyBuffer? {
    try buffer.refill { output in
      while output.count < size, !decompressor.isAtFrameEnd {
        if taken == filled, !isAtEnd { try readMore() }
        let step: LZ4FrameDecompressor.Step
        do {
          step = try decompressor.decompress(
            input.span.extracting(taken..<filled), appendingTo: &output, limit: size - output.count)
        } catch {
          throw damage("\(error)")
        }
        taken += step.consumed
        bytes += step.appended
        if isAtEnd, step.consumed == 0, step.appended == 0 { throw damage("it ends early") }
      }
    }
    if decompressor.isAtFrameEnd { try checkEnd() }
    return buffer.count > 0 ? buffer : nil
  }

  private func readMore() throws {
    do {
      filled = try file.read(intoFrontOf: &input)
    } catch {
      throw damage("it cannot be read (\(error.plain))")
    }
    taken = 0
    isAtEnd = filled == 0
    compressedBytes += filled
    tail = Array((tail + input[..<filled].suffix(4)).suffix(4))
  }

  private func checkEnd() throws {
    if !isAtEnd {
      guard taken == filled else { throw damage("there is something behind its end") }
      try readMore()
    }
    guard isAtEnd else { throw damage("there is something behind its end") }
    guard compressedBytes == expected.compressedBytes, bytes == expected.bytes else {
      throw damage(
        "it holds \(compressedBytes) bytes (\(bytes) unpacked); \(expected.compressedBytes) (\(expected.bytes)) were "
          + "written")
    }
    guard FrameChecksum.text(tail) == expected.checksum else {
      throw damage("it is another file: its checksum differs")
    }
  }

  private func damage(_ what: String) -> SpillDamage { SpillDamage(path: path, what: what) }
}

extension SpillReader {
  /// Reads a file to its end, for nothing but to know that it is whole, and what it should be.
  ///
  /// Throws: ``SpillDamage``; `CancellationError`.
  package static func verify(_ file: SpilledFile, in directory: String, _ format: RowFormat, fieldCount: Int)
    async throws
  {
    let reader = try SpillReader(file, in: directory)
    var scanner = RowStreamScanner(format, fieldCount: fieldCount)
    let buffer = CopyBuffer(capacity: 4 * inputBytes)
    do {
      while let filled = try await reader.next(into: buffer, size: 4 * inputBytes) {
        try Task.checkCancellation()
        try filled.withPieces { piece throws(CopyFormatError) in try scanner.scan(piece) }
      }
      try scanner.finish()
    } catch let error as CopyFormatError {
      throw SpillDamage(path: "\(directory)/\(file.name)", what: "\(error)")
    }
    guard scanner.rows == file.rows else {
      throw SpillDamage(
        path: "\(directory)/\(file.name)",
        what: "it holds \(CountedWords.rows(scanner.rows)); \(file.rows) were written")
    }
  }
}
