import Testing

@testable import PGTide
@testable import PGTidePlanning

/// What the file says of tables whose rows are paired.
@Suite struct PairingConfigurationTests {
  private func pairing(_ rules: String) throws -> PairingRule? { try ConfigurationSample.table(rules)?.pairing }

  @Test func `the words for a key stand by themselves, and a column of that name in a list`() throws {
    #expect(try pairing("key: generated") == .generated(match: []))
    #expect(try pairing("key: generated, match: [a, b]") == .generated(match: ["a", "b"]))
    #expect(try pairing("key: none") == .keyless)
    #expect(try pairing("key: nothing") == nil)
    let list = try ConfigurationSample.table("key: [generated]")
    #expect(list?.key == ["generated"])
    #expect(list?.pairing == nil)
    #expect(try ConfigurationSample.table("key: none")?.key == [])
  }

  @Test(arguments: [
    ("match: [a]", "5:12: table `jobs`: `match` belongs to `key: generated`"),
    ("key: none\nmatch: [a]", "6:12: table `jobs`: `match` belongs to `key: generated`"),
    (
      "key: none\nduplicates: {first: src.a}",
      "6:17: table `jobs`: `duplicates` has no say with `key: none`: each row of the source has one on the target"
    ),
    (
      "key: generated\nnull_key: equal",
      "6:15: table `jobs`: `null_key` has no say with `key: generated`: NULL is a value like others there"
    ),
    (
      "key: generated\nmatch: [a]\nskip: [a]",
      "7:11: table `jobs`: column `a` stands under `match`, so it cannot be skipped"
    ),
  ])
  func `what contradicts it is a mistake`(rules: String, mistake: String) {
    #expect(ConfigurationSample.tableMistakes(rules) == ["pgtide.yaml:\(mistake)"])
  }
}
