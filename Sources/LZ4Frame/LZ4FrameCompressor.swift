import CLZ4

/// Compresses a stream into a standard LZ4 frame, which the `lz4` command reads too.
///
/// The frame carries a checksum of its content, so damage that changes the content is found. After ``finish(appendingTo:)`` the next bytes begin a new frame.
@safe
public struct LZ4FrameCompressor: ~Copyable {
  /// What ``init(level:blockChecksum:)`` created and `deinit` frees; nobody else has it.
  private let context: OpaquePointer
  private var preferences: LZ4F_preferences_t
  private var isWithinFrame = false
  private var scratch = Scratch()

  /// - Parameters:
  ///   - level: 0 is LZ4's fast default, 3 to 12 are denser and slower, below 0 is faster still.
  ///   - blockChecksum: also a checksum for each block of 64 KiB, so that damage is found before it is read further.
  /// - Throws: when there is no memory.
  public init(level: Int = 0, blockChecksum: Bool = false) throws(LZ4FrameError) {
    var created: OpaquePointer?
    _ = try LZ4FrameError.check(
      unsafe LZ4F_createCompressionContext(&created, UInt32(LZ4F_VERSION)), "begin to compress")
    guard let created = unsafe created else {
      throw LZ4FrameError(name: "no context", operation: "begin to compress")
    }
    unsafe context = created
    preferences = LZ4F_preferences_t()
    preferences.compressionLevel = Int32(clamping: level)
    preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled
    preferences.frameInfo.blockChecksumFlag = blockChecksum ? LZ4F_blockChecksumEnabled : LZ4F_noBlockChecksum
  }

  deinit {
    // Created in `init`, and a value that cannot be copied is destroyed once.
    _ = unsafe LZ4F_freeCompressionContext(context)
  }

  /// Compresses the next bytes. Up to a block (64 KiB) of them stays inside until more come or the frame ends.
  public mutating func compress(_ bytes: RawSpan, appendingTo output: inout [UInt8]) throws(LZ4FrameError) {
    try beginFrame(appendingTo: &output)
    let bound = unsafe LZ4F_compressBound(bytes.byteCount, &preferences)
    // The destination has the size that LZ4 asked for, the source is the span's own extent.
    let context = unsafe context
    try unsafe scratch.append(upTo: bound, to: &output, "compress") { destination, capacity in
      unsafe bytes.withUnsafeBytes { source in
        unsafe LZ4F_compressUpdate(context, destination, capacity, source.baseAddress, source.count, nil)
      }
    }
  }

  /// Ends the frame with all that is still inside, the end mark and the checksum. Without any bytes before it this
  /// writes an empty frame.
  public mutating func finish(appendingTo output: inout [UInt8]) throws(LZ4FrameError) {
    try beginFrame(appendingTo: &output)
    let bound = unsafe LZ4F_compressBound(0, &preferences)
    let context = unsafe context
    try unsafe scratch.append(upTo: bound, to: &output, "end a frame") { destination, capacity in
      unsafe LZ4F_compressEnd(context, destination, capacity, nil)
    }
    isWithinFrame = false
  }

  private mutating func beginFrame(appendingTo output: inout [UInt8]) throws(LZ4FrameError) {
    guard !isWithinFrame else { return }
    var preferences = preferences
    let context = unsafe context
    try unsafe scratch.append(upTo: Int(LZ4F_HEADER_SIZE_MAX), to: &output, "begin a frame") { destination, capacity in
      unsafe LZ4F_compressBegin(context, destination, capacity, &preferences)
    }
    isWithinFrame = true
  }
}

// A context has no tie to a thread; it may move with the value that owns it, and `mutating` keeps two from using it.
extension LZ4FrameCompressor: @unchecked Sendable {}
