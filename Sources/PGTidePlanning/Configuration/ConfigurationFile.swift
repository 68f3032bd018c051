import Foundation

/// Reads `pgtide.yaml`. The format is described in docs/reference/configuration.md, and for editors in
/// ``ConfigurationSchema``.
public enum ConfigurationFile {
  /// Bytes that a file may have: many times what anybody writes, and little enough to be read at once.
  package static let maximumSize = 1 << 20

  /// Reads and checks a file; `environment` gives the variables in connection strings.
  ///
  /// Throws: ``ConfigurationError`` with all mistakes.
  public static func read(path: String, environment: [String: String]) throws(ConfigurationError) -> SyncConfiguration {
    let bytes: [UInt8]
    do {
      let file = try FileHandle(forReadingFrom: URL(filePath: path))
      defer { try? file.close() }
      // One byte more than is allowed, so that a file that is too large, or has no end, is known for one.
      bytes = try [UInt8](file.read(upToCount: maximumSize + 1) ?? Data())
    } catch {
      throw ConfigurationError(path: path, mistakes: [.init(message: whyUnreadable(path))])
    }
    return try parse(bytes, path: path, environment: environment)
  }

  private static func whyUnreadable(_ path: String) -> String {
    guard FileManager.default.fileExists(atPath: path) else {
      return "there is no such file; name another with --config"
    }
    let isDirectory = (try? FileManager.default.contentsOfDirectory(atPath: path)) != nil
    return isDirectory
      ? "this is a directory; name the file in it with --config"
      : "the file cannot be read; your user needs the right to read it"
  }

  /// Checks a file's bytes; `path` is for messages only.
  ///
  /// Throws: ``ConfigurationError`` with all mistakes.
  public static func parse(
    _ bytes: [UInt8], path: String = "pgtide.yaml", environment: [String: String]
  ) throws(ConfigurationError) -> SyncConfiguration {
    guard bytes.count <= maximumSize else {
      let message = "the file is larger than 1 MiB, which no configuration is; name another with --config"
      throw ConfigurationError(path: path, mistakes: [.init(message: message)])
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }.map { $0 + 1 }
      let message = "this line is not UTF-8; save the file in the encoding UTF-8"
      throw ConfigurationError(path: path, mistakes: [.init(line: line, column: 1, message: message)])
    }
    return try parse(text, path: path, environment: environment)
  }

  /// Checks a file's text; `path` is for messages only.
  ///
  /// Throws: ``ConfigurationError`` with all mistakes.
  public static func parse(
    _ text: String, path: String = "pgtide.yaml", environment: [String: String]
  ) throws(ConfigurationError) -> SyncConfiguration {
    let mistakes = MistakeCollector()
    // Editors on Windows begin a file with a byte order mark, which the YAML parser does not take.
    var document = YAMLDocument(text.first == "\u{FEFF}" ? String(text.dropFirst()) : text, mistakes)
    let root = document.root()
    if mistakes.mistakes.isEmpty, root?.isEmpty ?? true {
      mistakes.add(nil, "the file is empty; it takes `source`, `target`, `origin` and `tables`")
    }
    let configuration = root.flatMap { root in
      root.isEmpty ? nil : ConfigurationReader(mistakes: mistakes, environment: environment).read(root)
    }
    guard let configuration, mistakes.mistakes.isEmpty else {
      let sorted = mistakes.mistakes.sorted { ($0.line ?? 0, $0.column ?? 0) < ($1.line ?? 0, $1.column ?? 0) }
      throw ConfigurationError(path: path, mistakes: sorted)
    }
    return configuration
  }
}
