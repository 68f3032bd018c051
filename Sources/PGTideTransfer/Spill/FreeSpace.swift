import FoundationEssentials

/// What a file system has left.
package struct FreeSpace {
  package let available: Int
  /// What is left to others: a twentieth of the file system, at most 1 GiB.
  package let reserve: Int

  /// `nil` where the file system does not say.
  package init?(of path: String) {
    guard let facts = try? FileManager.default.attributesOfFileSystem(forPath: path),
      let free = facts[.systemFreeSize] as? UInt64, let size = facts[.systemSize] as? UInt64
    else { return nil }
    available = Int(clamping: free)
    reserve = min(Int(clamping: size) / 20, 1 << 30)
  }
}
