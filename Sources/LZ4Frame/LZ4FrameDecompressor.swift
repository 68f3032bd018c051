import CLZ4

/// Decompresses LZ4 frames from a stream whose buffers may be cut anywhere.
///
///     var rest = compressed[...]
///     while !decompressor.isAtFrameEnd {
///       let step = try decompressor.decompress(rest.span, appendingTo: &output, limit: 1 << 18)
///       rest = rest.dropFirst(step.consumed)
///       … // use and empty output; read more when rest is empty and step.appended is below the limit
///     }
///     try decompressor.finish()
@safe
public struct LZ4FrameDecompressor: ~Copyable {
  /// What ``init()`` created and `deinit` frees; nobody else has it.
  private let context: OpaquePointer
  private var state = State.beforeFrame
  private var scratch = Scratch()
  private var start = FrameStart()

  private enum State { case beforeFrame, withinFrame, atFrameEnd }

  /// What one call did.
  public struct Step: Sendable, Equatable {
    /// Bytes taken from the front of the input.
    public var consumed: Int
    /// Bytes appended to the output.
    public var appended: Int
  }

  /// - Throws: when there is no memory.
  public init() throws(LZ4FrameError) {
    var created: OpaquePointer?
    _ = try LZ4FrameError.check(
      unsafe LZ4F_createDecompressionContext(&created, UInt32(LZ4F_VERSION)), "begin to decompress")
    guard let created = unsafe created else {
      throw LZ4FrameError(name: "no context", operation: "begin to decompress")
    }
    unsafe context = created
  }

  deinit {
    // Created in `init`, and a value that cannot be copied is destroyed once.
    _ = unsafe LZ4F_freeDecompressionContext(context)
  }

  /// A whole frame was read, its checksum was right, and nothing of a next frame has come.
  public var isAtFrameEnd: Bool { state == .atFrameEnd }

  /// Decompresses the next bytes of the stream, until they are used up, or `limit` bytes came out, or a frame ends.
  ///
  /// When `limit` bytes came out there may be more inside: call again, even if no input is left. After the end of a
  /// frame, bytes begin the next one.
  /// - Throws: on damage, and at a frame without a checksum of its content, in which damage would not be found. What this call appended is then not to be trusted; the next call begins a new frame.
  public mutating func decompress(
    _ bytes: RawSpan, appendingTo output: inout [UInt8], limit: Int
  ) throws(LZ4FrameError) -> Step {
    precondition(limit > 0, "a decompressor needs room for its output")
    let before = output.count
    var consumed = 0
    if state == .atFrameEnd {
      guard bytes.byteCount > 0 else { return Step(consumed: 0, appended: 0) }
      state = .beforeFrame
    }
    while state != .atFrameEnd {
      let room = limit - (output.count - before)
      guard room > 0 else { break }
      let step = try decompressOnce(bytes.extracting(droppingFirst: consumed), appendingTo: &output, room: room)
      consumed += step.consumed
      if step.consumed == 0, step.appended == 0 { break }
    }
    return Step(consumed: consumed, appended: output.count - before)
  }

  /// Call it when no more bytes come.
  /// - Throws: unless a whole frame was read, and nothing of another one.
  public func finish() throws(LZ4FrameError) {
    guard state == .atFrameEnd else {
      throw LZ4FrameError(name: "endsEarly", operation: "decompress a frame that is not whole")
    }
  }

  private mutating func decompressOnce(
    _ bytes: RawSpan, appendingTo output: inout [UInt8], room: Int
  ) throws(LZ4FrameError) -> Step {
    let before = output.count
    var consumed = bytes.byteCount
    var hint = 0
    do throws(LZ4FrameError) {
      try start.check(bytes)
      let context = unsafe context
      try unsafe scratch.append(upTo: min(room, 1 << 18), to: &output, "decompress") { destination, capacity in
        var written = capacity
        // Both sizes are those of the memory beside them; LZ4 replaces them by what it read and wrote.
        hint = unsafe bytes.withUnsafeBytes { source in
          unsafe LZ4F_decompress(context, destination, &written, source.baseAddress, &consumed, nil)
        }
        return LZ4F_isError(hint) == 0 ? written : hint
      }
    } catch {
      unsafe LZ4F_resetDecompressionContext(context)
      state = .beforeFrame
      start = FrameStart()
      throw error
    }
    start.advance(by: consumed)
    if hint == 0 {
      state = .atFrameEnd
      start = FrameStart()
    } else if consumed > 0 {
      state = .withinFrame
    }
    return Step(consumed: consumed, appended: output.count - before)
  }
}

// A context has no tie to a thread; it may move with the value that owns it, and `mutating` keeps two from using it.
extension LZ4FrameDecompressor: @unchecked Sendable {}
