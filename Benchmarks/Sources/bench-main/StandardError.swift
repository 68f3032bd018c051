import SystemPackage

/// For progress, so that standard output holds the table alone.
struct StandardError: TextOutputStream {
  mutating func write(_ text: String) {
    // Nobody to tell when even this fails.
    _ = try? FileDescriptor.standardError.writeAll(text.utf8)
  }
}
