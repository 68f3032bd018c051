/// The folders of a target's sources, from the lowest floor up: each uses what lies below it, and nothing above.
struct Floors {
  let target: String
  let folders: [String]

  init(_ target: String, _ folders: String...) {
    self.target = target
    self.folders = folders
  }

  /// All targets that have folders. This is the one place that says in which order they lie. Of the targets, each sees
  /// those that Package.swift names.
  static let all = [
    Floors("PGTidePlanning", "Flow", "Configuration", "Catalog", "Plan", "Statements", "Planner"),
    Floors(
      "PGTideTransfer", "Report", "Session", "Survey", "Transfer", "KeyCache", "Spill", "Staging", "Compare"),
    Floors("PGTide", "Apply", "Explain", "Check", "Run", "Inspect"),
    Floors("Fuzzing", "Subject", "Configuration", "Copy", "LZ4", "Run"),
  ]

  /// What is wrong with a target's files: a folder that is not listed, or is no more, and each use of a type from a
  /// higher floor.
  ///
  /// - Parameter files: their texts, by their paths within the target.
  func findings(in files: [String: String]) -> [String] {
    let sources = files.mapValues(SwiftSource.init)
    let found = Set(sources.keys.map(Self.folder))
    var findings = folders.filter { !found.contains($0) }.map { "\($0): there is no such folder in \(target)" }
    var homes: [String: Int] = [:]
    for (path, source) in sources {
      guard let floor = floor(of: path) else {
        findings.append("\(path): its folder is not among the floors of \(target)")
        continue
      }
      for type in source.types { homes[type] = min(homes[type] ?? floor, floor) }
    }
    for (path, source) in sources {
      guard let floor = floor(of: path) else { continue }
      for type in source.uses where homes[type, default: 0] > floor {
        findings.append("\(path): \(type) of the higher floor \(folders[homes[type, default: 0]])")
      }
    }
    return findings.sorted()
  }

  private func floor(of path: String) -> Int? { folders.firstIndex(of: Self.folder(path)) }

  /// Empty for a file that lies in none.
  private static func folder(_ path: String) -> String {
    path.contains("/") ? String(path.prefix { $0 != "/" }) : ""
  }
}
