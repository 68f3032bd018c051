import SystemPackage

extension FileDescriptor {
  /// Puts the next bytes of the file into the front of `bytes`, as many as there is room for. Returns how many; 0 at
  /// the end.
  public func read(intoFrontOf bytes: inout [UInt8]) throws -> Int {
    // The array's own memory, with its extent.
    try unsafe bytes.withUnsafeMutableBytes { unsafe try read(into: $0) }
  }
}
