import CLZ4

/// LZ4 refused to go on, or the data is not a whole LZ4 frame.
public struct LZ4FrameError: Error, Sendable, Equatable, CustomStringConvertible {
  /// LZ4's name for it, such as `ERROR_contentChecksum_invalid`, or `endsEarly` for a frame that is not whole.
  public var name: String
  /// What was being done.
  public var operation: String

  public var description: String { "LZ4: cannot \(operation): \(name)" }

  /// The value of an LZ4F function, unless it is an error code.
  static func check(_ result: Int, _ operation: String) throws(LZ4FrameError) -> Int {
    guard LZ4F_isError(result) != 0 else { return result }
    // LZ4 returns a constant, also for codes that it does not know.
    let name = unsafe LZ4F_getErrorName(result).map { unsafe String(cString: $0) }
    throw LZ4FrameError(name: name ?? "error \(result)", operation: operation)
  }
}
