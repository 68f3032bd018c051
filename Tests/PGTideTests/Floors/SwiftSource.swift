/// The types that a file declares and names, as far as its text tells them.
struct SwiftSource {
  /// What other files can name, each with the types around it: `TableFacts.Kind`.
  private(set) var types: Set<String> = []
  /// Every capitalized name, by itself and as a name within the types around it.
  private(set) var uses: Set<String> = []

  private static let declaring: Set<String> = ["struct", "class", "enum", "actor", "protocol", "typealias"]

  init(_ text: String) {
    /// The declarations around a place; empty for other braces.
    var scopes: [String] = []
    /// The declaration whose brace is to come.
    var declared = ""
    var (keyword, isHidden) = ("", false)
    for word in Self.words(of: SwiftCode.withoutTexts(text)) {
      switch word {
      case "{":
        scopes.append(declared)
        declared = ""
      case "}": _ = scopes.popLast()
      case _ where Self.declaring.contains(word) || word == "extension": keyword = word
      case "private", "fileprivate": isHidden = true
      case _ where word.first?.isUppercase == true:
        let around = scopes.filter { !$0.isEmpty }
        if keyword.isEmpty || keyword == "extension" { use(word, within: around) }
        if !keyword.isEmpty {
          let name = (around + [word]).joined(separator: ".")
          if keyword != "extension", !isHidden { types.insert(name) }
          if keyword != "typealias" { declared = word }
        }
        (keyword, isHidden) = ("", false)
      default: (keyword, isHidden) = ("", isHidden && ["indirect", "final", "nonisolated"].contains(word))
      }
    }
  }

  private mutating func use(_ name: String, within scopes: [String]) {
    let parts = name.split(separator: ".").map(String.init)
    for length in 1...parts.count {
      let used = parts.prefix(length)
      for depth in 0...scopes.count { uses.insert((scopes.prefix(depth) + used).joined(separator: ".")) }
    }
  }

  /// Identifiers, those of types with what stands behind their dots, and braces.
  private static func words(of code: [UInt8]) -> [String] {
    var words: [String] = []
    var word: [UInt8] = []
    func isPart(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
        true
      default: false
      }
    }
    func isCapital(_ place: Int) -> Bool {
      place < code.count && (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(code[place])
    }
    for (place, byte) in code.enumerated() {
      let first = word.first ?? 0
      let isChain = byte == UInt8(ascii: ".") && (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first)
      if isPart(byte) || isChain && isCapital(place + 1) {
        word.append(byte)
        continue
      }
      if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
      word = []
      if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") { words.append(String(UnicodeScalar(byte))) }
    }
    if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
    return words
  }
}
