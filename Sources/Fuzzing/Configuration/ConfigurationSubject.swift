import PGTide

/// The reader of `pgtide.yaml`: it takes a file or says what is wrong with it and where, and shows no secret.
///
/// An input is the file.
package struct ConfigurationSubject: FuzzSubject {
  package static let name = "configuration"

  package init() {}

  private static let environment = [
    "OFFICE_DB": "host=office password=\(secret)", "SECRET": secret, "HOSTED_DB": "postgresql://a:\(secret)@b/c",
  ]
  private static let secret = "geheim"

  private static let words =
    [
      "${", "$$", "${SECRET}", "null", "- ", "? ", ": ", "&a ", "*a", "&b [*a, *a]", "*b", "<<: ", "!!binary ",
      "!!str ",
      "---\n", "...\n", "\r\n", "99999999999999999999", "é", "\u{FEFF}", "\u{2028}", "\u{85}", "\u{E000}", "tables:",
      "columns:", "|2-\n", ">\n ", "%YAML 9.9\n", "\"\\x00\"", "\"\\e[2J\\n\"", "# ", "'", "\"", "{", "}", "[", "]",
      "@",
      "`", "\t", "[[[[[[[[", "{a: {a: {a: ",
    ].map { Array($0.utf8) } + [[0], [0xFF], [0xC3], [0xED, 0xA0, 0x80]]

  package mutating func input(using random: inout SeededGenerator) -> [UInt8] {
    if random.chance(500) { return Self.extreme(using: &random) }
    var bytes = Array(RandomConfiguration.text(oddness: random.pick([0, 20, 100, 300]), using: &random).utf8)
    for _ in 0..<random.below(6) {
      if random.chance(6) {
        Mutation.mutateLines(&bytes, using: &random)
      } else {
        Mutation.mutate(&bytes, words: Self.words, using: &random)
      }
    }
    return bytes
  }

  /// Deep nesting, aliases to aliases, many keys, long names.
  private static func extreme(using random: inout SeededGenerator) -> [UInt8] {
    let count = random.pick([20, 200, 3000])
    let text: String
    switch random.below(6) {
    case 0: text = "source: " + String(repeating: random.pick(["[", "{a: ", "- ", "? ", "{? "]), count: count)
    case 1:
      let steps = (1..<min(count, 60)).map { "  a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1), *a\($0 - 1)]\n" }
      text = "a: &a0 [x, x]\ntables:\n" + steps.joined() + "  ? *a\(min(count, 60) - 1)\n  : x\n"
    case 2: text = "tables:\n" + (0..<count).map { "  t\($0 % 40): {key: \($0)}\n" }.joined()
    case 3: text = "source: a\ntarget: b\ntables: [" + String(repeating: "j", count: count * 10) + "]\n"
    case 4:
      text =
        String(repeating: "x", count: count * 10) + ": 1\nsource: ${\(String(repeating: "S", count: count * 10))}\n"
    default: text = "source: " + String(repeating: "${SECRET} ", count: count) + "\ntarget: a\ntables: {j: {where: |\n"
    }
    return Array(text.utf8)
  }

  package mutating func check(_ input: [UInt8]) throws(FuzzFinding) {
    let configuration: SyncConfiguration
    do throws(ConfigurationError) {
      configuration = try ConfigurationFile.parse(input, environment: Self.environment)
    } catch {
      return try check(error, of: input)
    }
    if configuration.tables.isEmpty { throw FuzzFinding("a configuration without tables") }
  }

  private func check(_ error: ConfigurationError, of input: [UInt8]) throws(FuzzFinding) {
    let text = String(decoding: input, as: UTF8.self)
    let lines = text.count(where: \.isNewline) + 2
    if error.mistakes.isEmpty { throw FuzzFinding("refused without a reason") }
    for mistake in error.mistakes {
      guard let line = mistake.line else {
        if mistake.message.hasPrefix("the file is ") { continue }
        throw FuzzFinding("no place: \(mistake.message)")
      }
      if !(1...lines).contains(line) { throw FuzzFinding("line \(line) of \(lines): \(mistake.message)") }
    }
    if error.description.split(separator: "\n", omittingEmptySubsequences: false).count != error.mistakes.count {
      throw FuzzFinding("a mistake of more than one line: \(error.description)")
    }
    if !text.contains(Self.secret), error.description.contains(Self.secret) {
      throw FuzzFinding("a secret is shown: \(error.description)")
    }
  }
}
