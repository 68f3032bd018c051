import CLZ4

/// Room for what LZ4 writes before it is known how much that is; kept, because zeroing it each time costs more than
/// copying the result.
struct Scratch {
  private var bytes: [UInt8] = []

  /// Lets `write` fill up to `bound` bytes, and appends as many as it says it wrote, unless that is an error code.
  mutating func append(
    upTo bound: Int, to output: inout [UInt8], _ operation: String, _ write: (UnsafeMutableRawPointer?, Int) -> Int
  ) throws(LZ4FrameError) {
    if bytes.count < bound { bytes = [UInt8](repeating: 0, count: bound) }
    // There are `bound` bytes at least.
    let result = unsafe bytes.withUnsafeMutableBytes { unsafe write($0.baseAddress, bound) }
    let written = try LZ4FrameError.check(result, operation)
    output.append(contentsOf: bytes[..<written])
  }
}
