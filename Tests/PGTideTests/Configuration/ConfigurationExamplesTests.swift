import FoundationEssentials
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// The examples of the documentation. Those that show a part of a file are completed.
@Suite struct ConfigurationExamplesTests {
  private static func examples() throws -> [String] {
    try DocumentationPage.all().flatMap { page in
      page.blocks.filter { $0.language == "yaml" }.map { $0.lines.map { $0 + "\n" }.joined() }
    }
  }

  private static func completed(_ example: String) -> String {
    let keys = Set(example.split(separator: "\n").compactMap { $0.split(separator: ":").first })
    let ends = keys.contains("source") ? "" : ConfigurationSample.head
    return example + ends + (keys.contains("tables") ? "" : "tables: [jobs]\n")
  }

  /// Every example as a whole file.
  static func completedExamples() throws -> [String] { try examples().map(completed) }

  @Test func `every example is a file, or becomes one with two ends and a table`() throws {
    let examples = try Self.examples()
    #expect(examples.count > 15)
    for example in examples {
      let mistakes = ConfigurationSample.mistakes(
        Self.completed(example),
        environment: [
          "OFFICE_DB": "dbname=office", "HOSTED_DB": "dbname=hosted", "SYNC_PASSWORD": "geheim",
          "PGTIDE_SOURCE": "dbname=office", "PGTIDE_TARGET": "dbname=hosted",
        ])
      #expect(mistakes.isEmpty, "\(example)")
    }
  }

  @Test func `every key stands in the reference`() throws {
    let text = try Self.examples().joined(separator: "\n")
    for key in [
      "flow", "source", "target", "origin", "stamps", "sequences", "metadata", "session", "defaults", "tables",
      "connection",
      "schema",
      "column",
      "ours", "created", "updated", "table", "from", "query", "where", "key", "skip", "columns", "references",
      "ignore_references", "duplicates", "constant", "expression", "first", "last", "jobs", "chunk_bytes",
      "buffer_bytes", "copy_format", "key_cache", "spill", "spill_dir", "spill_limit", "keep_runs",
      "max_rejects",
      "lock_timeout",
    ] {
      #expect(text.contains("\(key):"), "\(key)")
    }
  }
}
