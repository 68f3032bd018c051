import Testing

@testable import TerminalProgress

@Suite struct StyledTextTests {
  @Test func `text is cut with an ellipsis, only if it is too long`() {
    var text = StyledText("jobs", .bold)
    text.append(" and tasks")
    #expect(text.truncated(to: 14) == text)
    #expect(text.truncated(to: 13).plain == "jobs and tas…")
    #expect(text.truncated(to: 3).plain == "jo…")
    #expect(text.truncated(to: 1).plain == "…")
    #expect(text.truncated(to: 0).plain == "")
  }

  @Test func `wide characters take two columns`() {
    #expect("表ab".terminalWidth == 4)
    #expect(StyledText("表表表").truncated(to: 4).plain == "表…")
    #expect(StyledText("é👩‍🚀").width == 3)
  }

  @Test func `color is only where it is wanted`() {
    var text = StyledText("✓", .green)
    text.append(" done")
    #expect(text.rendered(color: false) == "✓ done")
    #expect(text.rendered(color: true) == "\u{1B}[32m✓\u{1B}[0m done")
  }

  @Test func `control characters cannot move the cursor`() {
    #expect("a\u{1B}[2Jb\r\nc".withoutControls == "a [2Jb  c")
  }
}
