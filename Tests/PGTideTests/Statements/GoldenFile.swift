import Foundation
import Testing

/// A text that is kept beside the tests and compared byte for byte.
struct GoldenFile {
  let path: String

  static let renewing = "Renew: PGTIDE_GOLDEN=write swift test --filter StatementGoldenTests"
  static let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden").path

  init(_ name: String) { path = "\(Self.directory)/\(name)" }

  /// The files that are there.
  static var names: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".sql") }.sorted()
    }
  }

  /// Records an issue if the file holds another text. Where it is to be renewed it is written, which is an issue too: what
  /// was written has to be looked at first.
  func expect(_ text: String, _ location: SourceLocation = #_sourceLocation) throws {
    if ProcessInfo.processInfo.environment["PGTIDE_GOLDEN"] == "write" {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      Issue.record(
        "\(path) is written. Look at what changed, and test again without PGTIDE_GOLDEN", sourceLocation: location)
      return
    }
    guard let kept = try? String(contentsOfFile: path, encoding: .utf8) else {
      Issue.record("\(path) is missing. \(Self.renewing)", sourceLocation: location)
      return
    }
    guard let difference = Self.difference(kept, text) else { return }
    Issue.record("\(path) differs \(difference)\n\(Self.renewing)", sourceLocation: location)
  }

  /// The first line in which two texts differ; `nil` if they are the same bytes.
  static func difference(_ kept: String, _ made: String) -> String? {
    if kept.utf8.elementsEqual(made.utf8) { return nil }
    func lines(_ text: String) -> [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    let (old, new) = (lines(kept), lines(made))
    let place =
      zip(old, new).enumerated().first { !$1.0.utf8.elementsEqual($1.1.utf8) }?.offset ?? min(old.count, new.count)
    func line(_ lines: [Substring]) -> String { place < lines.count ? String(lines[place]) : "(its end)" }
    return "in line \(place + 1):\n  in the file: \(line(old))\n  as made now: \(line(new))"
  }
}
