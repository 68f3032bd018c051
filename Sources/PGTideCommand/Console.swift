import SystemPackage

/// Where texts for the user go. A closed output harms nothing: what cannot be written is left out.
enum Console {
  static func print(_ text: String) { write(text, to: .standardOutput) }

  static func error(_ text: String) { write(text, to: .standardError) }

  private static func write(_ text: String, to file: FileDescriptor) {
    _ = try? file.writeAll((text + "\n").utf8)
  }
}
