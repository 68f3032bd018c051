import FoundationEssentials

/// Inputs in files.
enum Files {
  static func bytes(of path: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: URL(filePath: path))) }

  /// - Returns: the path.
  static func write(_ bytes: [UInt8], to path: String) throws -> String {
    try Data(bytes).write(to: URL(filePath: path))
    return path
  }
}
