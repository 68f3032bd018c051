/// Texts as PostgreSQL has them: bytes.
///
/// Swift compares strings by canonical equivalence, so that é is the same as e with a combining accent, and takes a quote
/// with an accent behind it for a character that is no quote. To a server both are what their bytes say.
extension String {
  /// The same bytes, which is what makes two names or values the same on a server.
  public func isSame(as other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }

  /// With each of the letter `old`, which is one of ASCII, replaced, whatever stands behind it.
  func replacing(each old: Unicode.Scalar, with new: String) -> String {
    guard utf8.contains(UInt8(ascii: old)) else { return self }
    var text = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if scalar == old { text.append(contentsOf: new.unicodeScalars) } else { text.append(scalar) }
    }
    return String(text)
  }

  func hash(bytesInto hasher: inout Hasher) {
    for byte in utf8 { hasher.combine(byte) }
    // No text has it, so that two texts in a row are told from two others.
    hasher.combine(0xff as UInt8)
  }
}
