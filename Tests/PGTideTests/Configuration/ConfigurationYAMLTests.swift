import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Mistakes of YAML itself, before anything is known of what it says.
@Suite struct ConfigurationYAMLTests {
  @Test(arguments: [
    ("a: [b", 2, "this is not YAML: did not find expected ',' or ']'"),
    ("a: b: c", 1, "this is not YAML: mapping values are not allowed in this context"),
    ("a: 1\n\tb: 2", 2, "a tab cannot indent a line; use spaces"),
    ("a:\n\tb: 2", 2, "a tab cannot indent a line; use spaces"),
    ("a: @b", 1, "this is not YAML: found character that cannot start any token"),
    ("a: \"no end", 1, "this is not YAML: found unexpected end of stream"),
  ])
  func `what is not YAML is shown with its line`(text: String, line: Int, message: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try ConfigurationSample.read(text) }
    #expect(error?.mistakes.map(\.message) == [message])
    #expect(error?.mistakes.first?.line == line)
  }

  @Test(arguments: [("a: 1\nb: \u{1}\n", 2), ("\u{0}", 1), ("a: é\r\nb: 2\r\nc: \u{7}", 3)])
  func `a sign that YAML does not allow is shown with its line`(text: String, line: Int) {
    #expect(
      ConfigurationSample.mistakes(text) == [
        "pgtide.yaml:\(line): this is not YAML: control characters are not allowed"
      ])
  }

  @Test func `a second document is one too many`() {
    #expect(
      ConfigurationSample.mistakes(ConfigurationSample.head + "tables: [jobs]\n---\nflow: a\n") == [
        "pgtide.yaml:4:1: a second document begins here, but the file is one"
      ])
  }

  @Test func `a key that stands twice is named with its line`() {
    #expect(
      ConfigurationSample.mistakes(ConfigurationSample.head + "tables:\n  jobs:\n  orgs:\n  jobs:\n") == [
        "pgtide.yaml:4:3: `jobs` stands more than once in the same mapping"
      ])
  }
}
