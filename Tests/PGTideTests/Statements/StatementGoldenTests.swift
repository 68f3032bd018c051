import PostgresValues
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Every statement of a run, for tables of several shapes and for the run itself, as the files in `Golden` have it.
@Suite struct StatementGoldenTests {
  @Test(arguments: SampleOffice.allCases)
  func `the statements of a run are those of the file`(_ sample: SampleOffice) throws {
    let (plan, table) = try sample.plan
    let all = TableStatements(table, in: plan).all
    // No subject may have lost its statement.
    #expect((sample.subjects ?? []).isSubset(of: all.map(\.purpose)))
    let text = StatementText.file(sample.rawValue, sample.shown(of: all))
    try GoldenFile("\(sample.rawValue).sql").expect(text)
  }

  @Test func `the statements that belong to no table are those of the file`() throws {
    try GoldenFile("a-run.sql").expect(StatementText.file("a-run", try SampleRun.statements, of: "beside its tables"))
  }

  @Test func `the statements that look values up on the target are those of the file`() throws {
    let (plan, table) = try SampleLookups.plan
    let parents = plan.tables.filter { table.lookedUp.contains($0.target) }
    let ahead = try #require(TargetLookupSQL(table, pending: parents))
    #expect(ahead.mayBePending)
    let statements = [
      ("fill in what is looked up", try #require(TargetLookupSQL(table)).fill),
      ("fill it in before the other table has landed", ahead.fill),
    ]
    // Of the verdicts, what no other table has.
    let plain = lines(DeltaSQL(table, group: [table], beforeMerge: parents))
    let new = lines(DeltaSQL(table, group: [table], beforeMerge: parents, mayBePending: true))
      .filter { !plain.contains($0) }
    let text = statements.map { "-- \($0)\n\($1.text);\n" }.joined(separator: "\n")
    try GoldenFile("target-lookups.sql").expect(
      text + "\n-- what changes of the verdicts then\n" + new.joined(separator: "\n") + "\n")
  }

  private func lines(_ delta: DeltaSQL) -> [Substring] {
    delta.classify.text.split(separator: "\n")
  }

  /// For a table without a key, too, where only these differ.
  @Test func `the statements that pair rows are those of the file`() throws {
    try GoldenFile("pairing.sql").expect(StatementText.file("pairing", SamplePairs.statements))
  }

  /// In whole and in parts.
  @Test func `the statements that delete rows are those of the file`() throws {
    try GoldenFile("deletes.sql").expect(StatementText.file("deletes", SampleDeletes.statements))
  }

  @Test func `no file is left over`() throws {
    let expected =
      ["a-run", "changed-by", "deletes", "pairing", "target-lookups"] + SampleOffice.allCases.map(\.rawValue)
    #expect(try GoldenFile.names == expected.map { "\($0).sql" }.sorted())
  }

  @Test func `texts that differ are told by their first line`() {
    #expect(GoldenFile.difference("a\nb\n", "a\nb\n") == nil)
    #expect(GoldenFile.difference("a\nb\n", "a\nc\n") == "in line 2:\n  in the file: b\n  as made now: c")
    #expect(GoldenFile.difference("a", "a\nb") == "in line 2:\n  in the file: (its end)\n  as made now: b")
    // The same to Swift, but other bytes.
    #expect(GoldenFile.difference("\u{e9}", "e\u{301}")?.hasPrefix("in line 1") == true)
  }

  @Test func `what any table needs stands in some file`() throws {
    var (shown, all): (Set<String>, Set<String>) = ([], [])
    for sample in SampleOffice.allCases {
      let (plan, table) = try sample.plan
      let statements = TableStatements(table, in: plan).all
      all.formUnion(statements.map { "\($0.end): \($0.purpose)" })
      shown.formUnion(sample.shown(of: statements).map { "\($0.end): \($0.purpose)" })
    }
    #expect(all.subtracting(shown) == [])
  }
}
