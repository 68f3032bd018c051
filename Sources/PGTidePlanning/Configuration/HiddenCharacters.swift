/// Signs of Unicode's private use that stand for other characters of a text, while a parser reads it which is not to see
/// those. Each takes the place of one character, so that lines and columns stay what they are.
package struct HiddenCharacters {
  /// Characters of the text, which are no signs.
  private let used: Set<Unicode.Scalar>
  /// Signs that were not looked at yet.
  private var rest = ([0xE000...0xF8FF, 0xF_0000...0xF_FFFD, 0x10_0000...0x10_FFFD] as [ClosedRange<UInt32>]).joined()
    .makeIterator()
  private var signs: [Unicode.Scalar: Unicode.Scalar] = [:]
  private var originals: [Unicode.Scalar: Unicode.Scalar] = [:]

  package init(of text: String) {
    used = Set(text.unicodeScalars)
  }

  /// A sign of its own, which stands for nothing yet. A text of 1 MiB cannot have all 137,468 of them: they alone would
  /// take it half.
  package mutating func sign() -> Unicode.Scalar? {
    while let next = rest.next() {
      if let sign = Unicode.Scalar(next), !used.contains(sign) { return sign }
    }
    return nil
  }

  /// The sign for all of these characters.
  package mutating func hide(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    if let sign = signs[scalar] { return sign }
    guard let sign = sign() else { return scalar }
    signs[scalar] = sign
    originals[sign] = scalar
    return sign
  }

  /// What stands behind a sign, or the character itself.
  package func original(_ scalar: Unicode.Scalar) -> Unicode.Scalar { originals[scalar] ?? scalar }

  /// The text with the characters that are hidden in it.
  package func original(_ text: String) -> String {
    text.unicodeScalars.contains { originals[$0] != nil }
      ? String(String.UnicodeScalarView(text.unicodeScalars.map(original))) : text
  }
}
