/// The lines that were drawn last, and how to put others in their place.
///
/// The cursor stands at the start of the line below the block before and after each frame, and is never hidden; so the
/// terminal is fit for use whenever drawing ends, even by a signal.
struct ScreenBlock {
  private var widths: [Int] = []

  /// The text that leads back to the start of the lines drawn before.
  private func start(columns: Int) -> String {
    // A terminal that was made narrower since has wrapped the old lines.
    let height = widths.reduce(0) { $0 + max(1, ($1 + columns - 1) / max(1, columns)) }
    return height > 0 ? "\u{1B}[\(height)A\r" : ""
  }

  /// The text that takes the lines drawn before away.
  mutating func cleared(columns: Int) -> String {
    defer { widths = [] }
    return start(columns: columns) + "\r\u{1B}[J"
  }

  /// The text that replaces the lines drawn before by `lines`.
  mutating func replace(with lines: [StyledText], columns: Int, color: Bool) -> String {
    var text = start(columns: columns)
    for line in lines { text += line.rendered(color: color) + "\u{1B}[K\n" }
    // What is left of a block that was higher.
    text += "\u{1B}[J"
    widths = lines.map(\.width)
    return text
  }
}
