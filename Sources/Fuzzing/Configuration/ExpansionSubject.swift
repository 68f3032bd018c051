import PGTide

/// Variables in connection strings: what `EnvironmentExpansion` makes of a text is what a slow reading of it makes.
///
/// An input is the text.
package struct ExpansionSubject: FuzzSubject {
  package static let name = "expansion"

  package init() {}

  private static let environment = ["A": "one", "B_2": "", "C": "${A}$$"]
  private static let words = [
    "${A}", "${B_2}", "${C}", "${", "}", "$", "$$", "${NO}", "${é}", "${A:-x}", "text ", "\u{301}",
  ]

  package mutating func input(using random: inout SeededGenerator) -> [UInt8] {
    var bytes = (0..<random.below(8)).flatMap { _ in Array(random.pick(Self.words).utf8) }
    if random.chance(3) { Mutation.mutate(&bytes, using: &random) }
    return bytes
  }

  package mutating func check(_ input: [UInt8]) throws(FuzzFinding) {
    let text = String(decoding: input, as: UTF8.self)
    let expected = Self.slowly(Array(text))
    let found: Result<String, EnvironmentExpansion.Failure>
    do throws(EnvironmentExpansion.Failure) {
      found = .success(try EnvironmentExpansion.expand(text, environment: Self.environment))
    } catch {
      found = .failure(error)
    }
    guard found == expected else { throw FuzzFinding("`\(text)` became \(found), expected \(expected)") }
  }

  /// Sign by sign, with the name so far.
  private static func slowly(_ text: [Character]) -> Result<String, EnvironmentExpansion.Failure> {
    let letters = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
    var result = ""
    var problems: [EnvironmentExpansion.Problem] = []
    var name: String?
    var afterDollar = false
    for sign in text {
      if let open = name {
        name = sign == "}" ? nil : open + String(sign)
        guard sign == "}" else { continue }
        if open.isEmpty || !open.allSatisfy(letters.contains) {
          problems.append(.notAName)
        } else if let value = environment[open] {
          result += value
        } else {
          problems.append(.undefined(open))
        }
      } else if afterDollar {
        afterDollar = false
        switch sign {
        case "$": result += "$"
        case "{": name = ""
        default: result += "$" + String(sign)
        }
      } else if sign == "$" {
        afterDollar = true
      } else {
        result += String(sign)
      }
    }
    if afterDollar { result += "$" }
    if name != nil { problems.append(.notClosed) }
    return problems.isEmpty ? .success(result) : .failure(EnvironmentExpansion.Failure(problems: problems))
  }
}
