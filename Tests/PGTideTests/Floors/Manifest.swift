/// The targets of Package.swift, with those that each depends on.
struct Manifest {
  let dependencies: [String: Set<String>]

  init(_ text: String) {
    let targets = text.split(separator: "arget(\n").flatMap { $0.split(separator: "arget(") }.dropFirst()
    let found = targets.compactMap { target -> (String, Set<String>)? in
      guard let name = Self.quoted(target).first else { return nil }
      let list = target.split(separator: "dependencies: [").dropFirst().first?.prefix { $0 != "]" } ?? ""
      return (name, Set(Self.quoted(list)))
    }
    dependencies = Dictionary(found, uniquingKeysWith: { $0.union($1) })
  }

  /// Every other piece between quotation marks.
  private static func quoted(_ text: Substring) -> [String] {
    let pieces = text.split(separator: "\"", omittingEmptySubsequences: false)
    return pieces.indices.filter { $0 % 2 == 1 }.map { String(pieces[$0]) }
  }

  /// Targets that a file of `target` imports, though its target does not depend on them. The compiler finds every module
  /// that happens to be built already.
  func strangers(in code: String, of target: String) -> [String] {
    code.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard let place = words.firstIndex(of: "import"), place + 1 < words.count, place < 3 else { return nil }
      let module = String(words[words.endIndex - 1].prefix { $0 != "." })
      let isOurs = dependencies[module] != nil
      return isOurs && dependencies[target]?.contains(module) == false ? module : nil
    }
  }
}
