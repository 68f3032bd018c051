import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct StatusTableCheckTests {
  private static let name = QualifiedName("public", "status")
  private static let columns: [ColumnFacts] = [
    .column("table_name", .text), .column("last_sync_timestamp", .timestamptz), .column("records_synced", .bigint),
    .column("sync_status", .text), .column("error_message", .text), .column("updated_at", .timestamptz),
  ]

  private func check(
    _ table: QualifiedName = name, _ columns: [ColumnFacts]? = columns, _ change: (inout TableFacts) -> Void = { _ in }
  ) throws -> StatusTableCheck {
    var servers = SampleServers()
    if let columns { servers.target(.sample("status", columns, key: ["table_name"], change)) }
    return StatusTableCheck(table: table, target: try servers.targetFacts)
  }

  @Test func `a table with the columns that are written is fine`() throws {
    #expect(try check().problems.isEmpty)
    #expect(try check().notices.isEmpty)
  }

  @Test func `what is missing can be added by the statement that is told`() throws {
    let problem = try #require(try check(Self.name, Array(Self.columns.dropLast())).problems.first)
    #expect(problem.problem == "the status table public.status lacks updated_at")
    #expect(problem.advice.hasPrefix(#"ALTER TABLE "public"."status" ADD "updated_at" timestamptz"#))
  }

  @Test func `a column of a type that takes no such value is refused`() throws {
    let columns = [.column("table_name", .text), .column("last_sync_timestamp", .point)] + Self.columns.dropFirst(2)
    #expect(try check(Self.name, columns).problems.map(\.problem).contains { $0.contains("takes no timestamptz") })
  }

  @Test func `a column that only its users can fill keeps new rows out, which is told`() throws {
    let check = try check(Self.name, Self.columns + [.column("owner", .text, isNotNull: true)])
    #expect(check.problems.isEmpty)
    #expect(check.notices.count == 1)
  }

  @Test func `names of pgtide's own tables are taken`() throws {
    for name in ["runs", "rejects", "stage_x", "delta_x"] {
      #expect(try check(QualifiedName("pgtide", name)).problems.count == 1)
    }
    #expect(try check(QualifiedName("pgtide", "status"), nil).problems.isEmpty)
  }

  @Test func `rights that are missing are told at once`() throws {
    let columns = Self.columns.map { column in
      var column = column
      (column.canInsert, column.canUpdate) = (false, false)
      return column
    }
    #expect(
      try check(Self.name, columns).problems.map(\.problem) == [
        "the status table public.status cannot be written: pgtide lacks INSERT, UPDATE"
      ])
  }

  @Test func `something else of this name is refused`() throws {
    let problems = try check(Self.name, Self.columns) { table in
      table = .sample("status", Self.columns, key: [], kind: .foreign)
    }.problems
    #expect(problems.map(\.problem) == ["the status table public.status is a foreign table"])
  }
}

@Suite struct PrivateSchemaCheckTests {
  private func check(_ privateSchema: PrivateSchemaFacts) throws -> PrivateSchemaCheck {
    var servers = SampleServers()
    servers.privateSchema = privateSchema
    return PrivateSchemaCheck(target: try servers.targetFacts, stages: [], status: nil)
  }

  /// What stands in the schema, as ``PrivateSchemaSQL/facts(metadata:)`` tells it.
  private func privateSchema(schema: Bool = true, mayCreate: Bool = true, mayUse: Bool = true) -> PrivateSchemaFacts {
    SampleServers.privateSchema(schemaExists: schema, canCreate: mayCreate, canUse: mayUse)
  }

  @Test func `a schema that is missing must be one that may be made`() throws {
    #expect(
      try check(privateSchema(schema: false)).problems.contains { $0.problem.contains("may not create the schema") }
        == false)
    #expect(
      try check(privateSchema(schema: false, mayCreate: false)).problems.map(\.problem).first
        == "pgtide may not create the schema pgtide on the target")
  }

  @Test func `a schema of somebody else must be one that may be used`() throws {
    #expect(
      try check(privateSchema(mayUse: false)).problems.map(\.problem).first
        == "the schema pgtide on the target belongs to pgtide, and pgtide may not use it")
  }
}
