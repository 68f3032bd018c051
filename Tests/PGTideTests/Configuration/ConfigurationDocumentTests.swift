import FoundationEssentials
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// What YAML allows and a configuration has no use for, and files that are none.
@Suite struct ConfigurationDocumentTests {
  private typealias Sample = ConfigurationSample

  // MARK: - All mistakes at once

  @Test func `keys that stand twice are told together with everything else`() {
    let text = """
      source: dbname=a
      source: dbname=b
      flow: a b
      target: dbname=c
      tables:
        jobs: {skp: x}
        "orgs":
        jobs:
        jobs:
        "orgs": {key: [a, a], key: b}
      """
    #expect(
      Sample.mistakes(text) == [
        "pgtide.yaml:1:1: `source` stands more than once in the same mapping",
        "pgtide.yaml:3:7: `flow` takes letters, digits, - and _, found `a b`",
        "pgtide.yaml:6:3: `jobs` stands more than once in the same mapping",
        "pgtide.yaml:7:3: `orgs` stands more than once in the same mapping",
        "pgtide.yaml:8:3: `jobs` stands more than once in the same mapping",
        "pgtide.yaml:10:12: `key` stands more than once in the same mapping",
      ])
  }

  @Test func `a key that stands twice by way of an alias is told too`() {
    let mistakes = Sample.mistakes("source: &a target\n*a : dbname=b\ntarget: dbname=b\ntables: [jobs]")
    #expect(mistakes == ["pgtide.yaml:3:1: `target` stands more than once in the configuration"])
  }

  // MARK: - Aliases

  @Test func `a mistake in what an alias stands for has the place of the alias`() {
    let text = Sample.head + "tables:\n  a: &rules {key: [id]}\n  b: {skip: *rules}\n"
    #expect(
      Sample.mistakes(text) == ["pgtide.yaml:5:13: table `b`: `skip` takes a list of names, found a mapping"])
  }

  @Test func `an alias that stands for nothing is a mistake among others`() {
    let text = Sample.head + "tables:\n  a: {skip: &photos [photo]}\n  b: {skip: *photo, kye: id}\n"
    #expect(
      Sample.mistakes(text) == [
        "pgtide.yaml:5:13: `*photo` stands for nothing: no `&` of that name is above it; did you mean `*photos`?",
        "pgtide.yaml:5:21: unknown key `kye` in table `b`; did you mean `key`?",
      ])
  }

  @Test(arguments: ["*", "a * b", "x\\*"])
  func `a star in a text stays one`(text: String) throws {
    for quoted in ["'\(text)'", "|\n      \(text)"] {
      let file = try Sample.read(Sample.head + "tables:\n  jobs:\n    where: \(quoted)\n")
      #expect(file.tables.first?.filter?.trimmingSuffix("\n") == text)
    }
  }

  @Test func `the merge key is a key like any other, and not known`() {
    let text = Sample.head + "tables:\n  a: &a {key: id}\n  b: {<<: *a}\n"
    #expect(
      Sample.mistakes(text) == [
        "pgtide.yaml:5:7: unknown key `<<` in table `b`; known are `from`, `query`, `where`, `key`, `match`, `skip`, `columns`, "
          + "`origin`, `stamps`, `references`, `ignore_references`, `duplicates`, `null_key`, `on_update`, "
          + "`sequences`, `deletes`, `scope`, `max_delete`, `max_drop`, `expect` and `copy_format`"
      ])
  }

  /// Each line stands for three of the line before: 3^60 values in the end.
  private static func bomb(_ steps: Int) -> String {
    "  a0: &a0 [x, x, x]\n"
      + (1...steps).map { "  a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1), *a\($0 - 1)]\n" }.joined()
  }

  @Test(.timeLimit(.minutes(1)), arguments: ["  z: *a60\n", "  ? *a60\n  : x\n", "  ? {*a60 : *a60}\n  : x\n"])
  func `aliases to aliases to aliases are refused before they take any memory`(last: String) {
    let mistakes = Sample.mistakes(Sample.head + "tables:\n" + Self.bomb(60) + last)
    #expect(
      mistakes == [
        "pgtide.yaml:13:17: with this the file has more than 100,000 values; aliases count as what they stand for"
      ])
  }

  @Test(.timeLimit(.minutes(1))) func `many aliases that stand for many names each are refused as well`() {
    let names = (0..<2000).map { "c\($0)" }.joined(separator: ", ")
    let tables = (0..<2000).map { "  t\($0): {skip: *names}\n" }.joined()
    let mistakes = Sample.mistakes(Sample.head + "tables:\n  t: {skip: &names [\(names)]}\n" + tables)
    #expect(mistakes.count == 1)
    #expect(mistakes.first?.hasSuffix("aliases count as what they stand for") == true)
  }

  // MARK: - Nesting, tags, signs

  @Test(.timeLimit(.minutes(1)), arguments: ["[", "{a: ", "- ", "? "], [900, 100_000])
  func `a file that is nested without end is refused`(opening: String, count: Int) {
    for start in ["source: ", "source:\n  "] {
      #expect(throws: ConfigurationError.self) {
        try Sample.read(start + String(repeating: opening, count: count))
      }
    }
  }

  @Test(.timeLimit(.minutes(1))) func `deep nesting that is closed is a mistake like any other`() {
    let nested = String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
    #expect(
      Sample.mistakes("source: \(nested)\ntarget: dbname=hosted\ntables: [jobs]") == [
        "pgtide.yaml:1:9: `source`: expected a mapping with `connection` and `schema`, found a list"
      ])
  }

  @Test(arguments: [
    "flow: !!str a", "flow: !!binary YQ", "flow: !own a", "defaults: !!map {}", "stamps: !!set {created: a}",
  ])
  func `tags are refused`(line: String) {
    let mistakes = Sample.mistakes(Sample.head + line + "\ntables: [jobs]")
    let column = line.split(separator: " ")[0].count + 2
    #expect(
      mistakes == [
        "pgtide.yaml:3:\(column): a tag such as !!str or !!int is not read here; leave it out "
          + "(quotes make any value a text)"
      ])
  }

  @Test func `a NUL character is refused where it stands`() {
    #expect(
      ConfigurationSample.tableMistakes(#"where: "a = 'b\0'""#) == [
        "pgtide.yaml:5:12: a NUL character stands in this text, which PostgreSQL cannot take"
      ])
  }

  @Test func `a name with a line's end or a terminal's command in it does not reach the terminal`() {
    #expect(
      Sample.mistakes(Sample.head + #"tables: ["a.b\n\e[31m.c"]"#) == [
        #"pgtide.yaml:3:10: `a.b\n\u{1B}[31m.c` is no table name; expected `name` or `schema.name`"#
      ])
  }

  @Test(arguments: ["postgresql://sync@[db/app", "host=", "host=a port", "postgresql://sync:geheim/app"])
  func `a connection string that libpq would not take is a mistake of the file`(text: String) throws {
    let mistakes = Sample.mistakes("source: \"\(text)\"\ntarget: dbname=hosted\ntables: [jobs]")
    guard text != "host=" else {
      // libpq takes it for no host at all.
      #expect(mistakes.isEmpty)
      return
    }
    #expect(mistakes.count == 1)
    #expect(
      mistakes.first?.hasPrefix("pgtide.yaml:1:9: `source`: the connection string is not valid. It takes ") == true)
    #expect(mistakes.first?.contains("geheim") == false)
  }

  @Test func `a parameter of a connection string that libpq does not know is one, too`() {
    #expect(
      Sample.mistakes("source: hots=geheim\ntarget: dbname=hosted\ntables: [jobs]") == [
        "pgtide.yaml:1:9: `source`: the connection string has a parameter \"hots\", which libpq does not know. "
          + "Did you mean host?"
      ])
  }

  // MARK: - Bytes

  private func message(of bytes: [UInt8]) -> String? {
    do throws(ConfigurationError) {
      _ = try ConfigurationFile.parse(bytes, environment: [:])
      return nil
    } catch {
      return error.description
    }
  }

  @Test func `bytes that are not UTF-8 are shown with their line`() {
    let latin = Array("source: a\n# stra".utf8) + [0xDF] + Array("e\n".utf8)
    #expect(message(of: latin) == "pgtide.yaml:2:1: this line is not UTF-8; save the file in the encoding UTF-8")
    let utf16: [UInt8] = [0xFF, 0xFE] + "source: a\n".utf8.flatMap { [$0, 0] as [UInt8] }
    #expect(message(of: utf16) == "pgtide.yaml:1:1: this line is not UTF-8; save the file in the encoding UTF-8")
  }

  @Test func `a file that is too large is not read to its end`() {
    #expect(
      message(of: Array(repeating: UInt8(ascii: "#"), count: (1 << 20) + 1))
        == "pgtide.yaml: the file is larger than 1 MiB, which no configuration is; name another with --config")
    #expect(
      throws: ConfigurationError(
        path: "/dev/zero",
        mistakes: [
          .init(message: "the file is larger than 1 MiB, which no configuration is; name another with --config")
        ])
    ) { try ConfigurationFile.read(path: "/dev/zero", environment: [:]) }
  }

  @Test func `a directory is told from a file that is missing`() {
    #expect(
      throws: ConfigurationError(
        path: "/tmp", mistakes: [.init(message: "this is a directory; name the file in it with --config")])
    ) { try ConfigurationFile.read(path: "/tmp", environment: [:]) }
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
