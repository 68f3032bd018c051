import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct StageTableTests {
  private func stage(_ flow: String, _ schema: String, _ table: String, _ columns: StagedColumn...) -> StageTable {
    StageTable(flow: flow, table: QualifiedName(schema, table), columns: columns)
  }

  private func column(_ name: String, _ type: SQL, collation: QualifiedName? = nil) -> StagedColumn {
    StagedColumn(name: Identifier(name), select: "src.\(Identifier(name))", type: type, collation: collation)
  }

  @Test func `stage and delta are named for flow, schema and table`() {
    let stage = stage("forward", "public", "orders")
    #expect(stage.stage == QualifiedName("pgtide", "stage_forward_public_orders"))
    #expect(stage.delta == QualifiedName("pgtide", "delta_forward_public_orders"))
  }

  @Test func `long names stay apart within 63 bytes`() {
    let long = String(repeating: "a", count: 60)
    let names = [stage("f", "public", long + "b"), stage("f", "public", long + "c"), stage("g", "public", long + "b")]
      .map(\.stage.name.name)
    #expect(Set(names).count == 3)
    #expect(names.allSatisfy { $0.utf8.count <= 63 })
  }

  @Test func `names with underscores stay apart, wherever they stand`() {
    let names = [stage("f", "a_b", "c"), stage("f", "a", "b_c"), stage("f_a", "b", "c"), stage("f_a_b", "c", "")]
      .map(\.stage.name.name)
    #expect(Set(names).count == 4)
    #expect(names[1] == "stage_f_a_b_c")
  }

  @Test func `a name is cut between characters`() {
    let name = stage("f", "public", String(repeating: "ä", count: 40)).stage.name.name
    #expect(name.utf8.count <= 63)
    #expect(name.hasPrefix("stage_f_public_ää"))
  }

  @Test func `a name that just fits is left whole`() {
    let table = String(repeating: "t", count: 63 - "stage_f_public_".utf8.count)
    #expect(stage("f", "public", table).stage.name.name == "stage_f_public_\(table)")
    #expect(stage("f", "public", table + "t").stage.name.name.utf8.count == 63)
  }

  @Test func `the signature tells columns, types and collations apart, and nothing else`() {
    let signatures = [
      stage("f", "s", "t", column("a", "text")), stage("f", "s", "t", column("b", "text")),
      stage("f", "s", "t", column("a", "integer")),
      stage("f", "s", "t", column("a", "text", collation: QualifiedName("pg_catalog", "C"))),
      stage("f", "s", "t", column("a", "text"), column("b", "text")),
    ].map(\.signature)
    #expect(Set(signatures).count == 5)
    #expect(stage("g", "s", "u", column("a", "text")).signature == signatures[0])
  }

  @Test func `a fingerprint has 16 digits, whatever it is of`() {
    #expect(Fingerprint.of("") == "cbf29ce484222325")
    #expect((0..<1000).allSatisfy { Fingerprint.of("\($0)").utf8.count == 16 })
  }
}
