import SystemPackage

extension FileDescriptor {
  /// Puts the next bytes of the file into the front of `bytes`, as many as there is room for. Returns how many; 0 at
  /// the end.
  public func read(intoFrontOf bytes: inout [UInt8]) throws -> Int {
    // The array's own memory, with its extent.
    try unsafe bytes.withUnsafeMutableBytes { unsafe try read(into: $0) }
  }

  /// The `count` bytes at `offset`, wherever the file's position is.
  ///
  /// Throws: `Errno`; `ioError` where the file ends before.
  public func bytes(atOffset offset: Int64, count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let taken = try unsafe bytes.withUnsafeMutableBytes { (buffer) throws -> Int in
        // What is left of the array's own memory; `rebasing` checks the extent.
        unsafe try read(
          fromAbsoluteOffset: offset + Int64(done), into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
      }
      guard taken > 0 else { throw Errno.ioError }
      done += taken
    }
    return bytes
  }
}
