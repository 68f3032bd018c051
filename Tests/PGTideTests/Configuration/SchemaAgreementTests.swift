import FoundationEssentials
import Fuzzing
import Testing
import Yams

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// An editor with the schema and the reader come to the same verdict, but for what a schema cannot tell.
@Suite struct SchemaAgreementTests {
  private static let environment = ["OFFICE_DB": "dbname=office", "HOSTED_DB": "dbname=hosted", "SECRET": "geheim"]

  /// What only the reader sees, by its words: things that depend on two places, on a number behind a unit, on the
  /// environment, or on how a number is written.
  private static let beyondSchema = [
    " twice", "; keep one", "is part of the key", "stands under `skip`", "are the same column",
    "cannot refer to", "a size from 64KiB", "up to 24h, found", "up to 3650d,", "not set in the environment",
    "takes a whole number from",
    "more than once", "a key in", "a setting's name is a text", "a column's name is a text", "a table's name is a text",
    "`flow` takes letters",
    "belongs to `key: generated`", "has no say with", "stands under `match`",
    "is no table name", "the connection string is not valid", "` is empty",
  ]

  private let validator: SchemaValidator

  init() throws { validator = try SchemaValidator(JSONValue(json: ConfigurationSchema.text)) }

  private func schemaAccepts(_ text: String) throws -> Bool {
    try validator.accepts(Yams.compose(yaml: text, .basic).map(JSONValue.init) ?? .null)
  }

  @Test func `every key at once is right for both`() throws {
    #expect(ConfigurationSample.mistakes(ConfigurationSample.everything, environment: Self.environment) == [])
    #expect(try schemaAccepts(ConfigurationSample.everything))
  }

  /// Whole files, and what both should say.
  @Test(arguments: [
    ("source: ''\ntarget: service=a\ntables: [jobs]", true), ("source: a\ntarget: b\ntables: {jobs: , orgs: {}}", true),
    ("source: a\ntables: [jobs]", false), ("source:\ntarget: b\ntables: [jobs]", false),
    ("source: a\ntarget: b\ntables: []", false), ("source: a\ntarget: b\ntables: {}", false),
    ("source: a\ntarget: b\ntables: jobs", false), ("source: [a]\ntarget: b\ntables: [jobs]", false),
    ("source: {schema: x}\ntarget: b\ntables: [jobs]", false),
    ("source: {connection: a, schema: }\ntarget: b\ntables: [jobs]", false),
    ("source: {connection: a, shema: x}\ntarget: b\ntables: [jobs]", false),
    ("source: a\ntarget: b\ntables: [a.b.c]", false), ("source: a\ntarget: b\ntables: [hr.a]", true),
    ("source: a\ntarget: b\ntables: [jobs, jobs]", false), ("source: a\ntarget: b\ntables: {.a: }", false),
    ("- a", false), ("text", false), ("", false),
  ])
  func `files`(text: String, isRight: Bool) throws {
    #expect(ConfigurationSample.mistakes(text).isEmpty == isRight)
    #expect(try schemaAccepts(text) == isRight)
  }

  /// Lines beside the two ends and a table.
  @Test(arguments: [
    ("flow: a-b_2", true), ("flow: 7", true), ("flow: a b", false), ("flow: ''", false), ("flow: [a]", false),
    ("flow: ", false), ("flows: a", false), ("origin: none", true), ("origin: nobody", false), ("origin: ", false),
    ("origin: {column: s, ours: D}", true), ("origin: {column: s, ours: ''}", true), ("origin: {column: s}", false),
    ("origin: {column: '', ours: D}", false), ("origin: {column: s, ours: null}", false),
    ("origin: {column: s, ours: D, 'null': protected}", true), ("origin: {column: s, ours: D, null: ours}", true),
    ("origin: {column: s, ours: D, 'null': theirs}", false), ("updates: keep", true), ("updates: add", false),
    ("origin: {}", false),
    ("stamps: none", true), ("stamps: {}", true), ("stamps: {created: a}", true), ("stamps: {created: [a]}", false),
    ("stamps: {made: a}", false), ("sequences: keep", true), ("sequences: ", false), ("sequences: set", false),
    ("sequences: [move]", false),
    ("metadata: none", true), ("metadata: off", false), ("metadata: {table: s}", true),
    ("metadata: {tabel: s}", false), ("defaults: ", true), ("defaults: 4", false), ("defaults: {jobs: 1}", true),
    ("defaults: {jobs: '2'}", true), ("defaults: {jobs: 0}", false), ("defaults: {jobs: 1.5}", false),
    ("defaults: {jobs: '0'}", false), ("defaults: {jobs: many}", false), ("defaults: {jobs: [2]}", false),
    ("defaults: {chunk_bytes: 65536}", true), ("defaults: {chunk_bytes: 65535}", false),
    ("defaults: {buffer_bytes: 65536}", true), ("defaults: {buffer_bytes: 65535}", false),
    ("defaults: {buffer_bytes: 16777216}", true), ("defaults: {buffer_bytes: 16777217}", false),
    ("defaults: {copy_format: text}", true), ("defaults: {copy_format: }", false),
    ("defaults: {copy_format: csv}", false),
    ("defaults: {spill: always}", true), ("defaults: {spill: auto}", false), ("defaults: {spill: Never}", false),
    ("defaults: {spill: [never]}", false),
    ("defaults: {spill_dir: /var/spill}", true), ("defaults: {spill_dir: [a]}", false),
    ("defaults: {spill_limit: 0}", true), ("defaults: {spill_limit: 10 GiB}", true),
    ("defaults: {spill_limit: -1}", false), ("defaults: {spill_limit: much}", false),
    ("defaults: {lz4_level: 0}", false),
    ("defaults: {chunk_bytes: 1 GB}", true), ("defaults: {chunk_bytes: 16M}", false),
    ("defaults: {chunk_bytes: 1.5MiB}", false), ("defaults: {chunk_rows: 1}", true),
    ("defaults: {chunk_rows: 0}", false), ("defaults: {max_rejects: 0}", true), ("defaults: {max_rejects: -1}", false),
    ("defaults: {lock_timeout: 500ms}", true), ("defaults: {lock_timeout: 0s}", false),
    ("defaults: {lock_timeout: 10}", false), ("defaults: {lock_timeout: 10m}", false),
    ("defaults: {connect_timeout: 2 MIN}", true), ("defaults: {analyze: yes}", true),
    ("defaults: {analyze: true}", true),
    ("defaults: {analyze: oFF}", true), ("defaults: {analyze: maybe}", false), ("defaults: {analyze: 1}", false),
    ("defaults: {retries: 0, stall_timeout: 1min}", true),
    ("defaults: {digest: never}", true), ("defaults: {digest: always}", false),
    ("defaults: {direct_load: never}", true), ("defaults: {direct_load: always}", false),
    ("defaults: {indexes: rebuild}", true), ("defaults: {indexes: drop}", false),
    ("defaults: {integrity: triggers}", true), ("defaults: {integrity: none}", false),
    ("defaults: {key_cache: on}", true), ("defaults: {key_cache: false}", true), ("defaults: {key_cache: 1}", false),
    ("defaults: {keep_runs: 1}", true), ("defaults: {keep_runs: 0}", false),
    ("defaults: {mode: full}", true), ("defaults: {mode: incremental}", true), ("defaults: {mode: quick}", false),
    ("defaults: {max_rejects: }", false), ("session: ", true), ("expect: ", false), ("max_drop: null", false),
    ("metadata: ", false), ("stamps: ", false), ("defaults: {retries: -1}", false),
    ("defaults: {stall_timeout: 0s}", false), ("defaults: {speed: 1}", false),
  ])
  func `keys of the file`(line: String, isRight: Bool) throws {
    let text = ConfigurationSample.head + line + "\ntables: [jobs]"
    #expect(ConfigurationSample.mistakes(text).isEmpty == isRight)
    #expect(try schemaAccepts(text) == isRight)
  }

  /// What is said of a table.
  @Test(arguments: [
    ("from: hr.people", true), ("from: a.b.c", false), ("from: ''", false), ("from: ", false),
    ("query: SELECT 1", true),
    ("query: ''", false), ("from: a, query: SELECT 1", false), ("from: , query: SELECT 1", false),
    ("updates: write", true), ("updates: [keep]", false), ("where: src.a", true), ("where: 1", true),
    ("where: [a]", false), ("where: ' '", false), ("key: id", true),
    ("key: [a, 1]", true), ("key: []", false), ("key: [a, a]", false), ("key: ['']", false), ("key: [a, [b]]", false),
    ("key: {a: b}", false), ("key: ", false), ("key: none", true), ("key: generated, match: [a, b]", true),
    ("key: generated, match: a", true), ("key: generated, match: []", false), ("key: generated, match: {a: b}", false),
    ("key: generated, match: ", false), ("skip: []", true), ("skip: [a, a]", false), ("skip: ''", false),
    ("columns: {}", true), ("columns: {a: b, c: 1}", true), ("columns: {a: }", false), ("columns: {a: [b]}", false),
    ("columns: {a: {constant: }}", true), ("columns: {a: {constant: [1]}}", false), ("columns: {a: {}}", false),
    ("columns: {a: {expression: x}}", true), ("columns: {a: {expression: }}", false),
    ("columns: {a: {constant: 1, expression: x}}", false), ("columns: {a: {const: 1}}", false),
    ("columns: {a: {lookup: b, by: {c: d}, take: e}}", true),
    ("columns: {a: {lookup: b.f, by: {c: d, 1: 2}, take: 3, from: target, missing: null}}", true),
    ("columns: {a: {lookup: b, by: {c: d}, take: e, from: , missing: reject}}", false),
    ("columns: {a: {lookup: b, by: {c: d}, take: e, missing: 'null'}}", true),
    ("columns: {a: {lookup: b, by: {c: d}}}", false), ("columns: {a: {lookup: b, take: e}}", false),
    ("columns: {a: {lookup: b, by: {}, take: e}}", false), ("columns: {a: {lookup: b, by: [c], take: e}}", false),
    ("columns: {a: {lookup: b, by: {c: }, take: e}}", false), ("columns: {a: {lookup: , by: {c: d}, take: e}}", false),
    ("columns: {a: {lookup: b.c.d, by: {c: d}, take: e}}", false),
    ("columns: {a: {lookup: b, by: {c: d}, take: e, from: there}}", false),
    ("columns: {a: {lookup: b, by: {c: d}, take: e, missing: skip}}", false),
    ("columns: {a: {lookup: b, by: {c: d}, take: e, constant: 1}}", false),
    ("columns: {a: {by: {c: d}, take: e}}", false), ("columns: {a: {expression: b, missing: null}}", false),
    ("columns: {'': b}", false), ("columns: [a]", false), ("origin: none", true), ("origin: all", false),
    ("stamps: [a]", false), ("references: []", true), ("references: [{columns: a, table: b}]", true),
    ("references: [{columns: [a, c], table: b.d, key: [e, f]}]", true), ("references: [{columns: a}]", false),
    ("references: [{table: a}]", false), ("references: [{columns: [], table: b}]", false),
    ("references: [{columns: a, table: b.c.d}]", false), ("references: [orgs]", false), ("references: {a: b}", false),
    ("references: [{columns: a, table: b}, {columns: a, table: b}]", false), ("ignore_references: [a]", true),
    ("ignore_references: {a: b}", false), ("duplicates: error", true), ("duplicates: last", false),
    ("duplicates: {first: src.id}", true), ("duplicates: {frist: src.id}", false), ("duplicates: {}", false),
    ("duplicates: {first: a, last: b}", false), ("duplicates: {first: a, last: }", false),
    ("null_key: equal", true), ("null_key: reject", true), ("null_key: ", false), ("null_key: Equal", false),
    ("null_key: [equal]", false),
    ("changed_by: updated_at", true), ("changed_by: ", false), ("changed_by: [a]", false), ("changed_by: ' '", false),
    ("changed_by: {column: a, overlap: 10 MIN}, full_every: 7d", true), ("changed_by: {overlap: 1h}", false),
    ("changed_by: {column: a, overlap: 500ms}", false), ("changed_by: {column: a, overlap: 0s}", false),
    ("changed_by: {column: a, every: 1h}", false), ("full_every: 24h", false), ("changed_by: a, full_every: 1", false),
    ("copy_format: binary", true), ("copy_format: Text", false), ("copy_format: [text]", false),
    ("duplicates: {first: ''}", false), ("skp: a", false), ("skip: ", true), ("columns: ", true),
    ("references: ", true),
    ("ignore_references: ", true), ("origin: ", false), ("scope: ", false), ("expect: ", false), ("expect: ' '", false),
    ("max_delete: ", false), ("where: ~", false), ("query: ", false), ("duplicates: ", false), ("deletes: ", false),
    ("copy_format: ", false),
  ])
  func `keys of a table`(rules: String, isRight: Bool) throws {
    let text = ConfigurationSample.head + "tables: {jobs: {\(rules)}}"
    #expect(ConfigurationSample.mistakes(text).isEmpty == isRight)
    #expect(try schemaAccepts(text) == isRight)
  }

  @Test func `every example of the documentation is right for the schema`() throws {
    for example in try ConfigurationExamplesTests.completedExamples() {
      #expect(try schemaAccepts(example), "\(example)")
    }
  }

  @Test(.timeLimit(.minutes(2)), arguments: [1, UInt64.random(in: 0...UInt64.max)])
  func `random files get the same verdict, but for what a schema cannot tell`(seed: UInt64) throws {
    print("schema and reader: seed \(seed)")
    var (right, wrong) = (0, 0)
    for number in 0..<1500 {
      var random = SeededGenerator(seed: seed, input: number)
      let text = RandomConfiguration.text(oddness: random.pick([0, 20, 60, 150]), using: &random)
      let document = try? Yams.compose(yaml: text, .basic).map(JSONValue.init)
      // Keys that stand twice, or are no texts, are no JSON; the reader's own tests have them.
      guard let document else { continue }
      let schemaAccepts = try validator.accepts(document)
      do throws(ConfigurationError) {
        _ = try ConfigurationFile.parse(text, environment: Self.environment)
        #expect(schemaAccepts, "seed \(seed), file \(number): only the reader takes\n\(text)")
        right += 1
      } catch {
        guard schemaAccepts else {
          wrong += 1
          continue
        }
        let unexplained = error.mistakes.filter { mistake in
          !Self.beyondSchema.contains { mistake.message.contains($0) }
        }
        #expect(unexplained.isEmpty, "seed \(seed), file \(number): only the schema takes\n\(text)\n\(error)")
      }
    }
    #expect(right > 100 && wrong > 100, "\(right) files right and \(wrong) wrong for both")
  }
}
