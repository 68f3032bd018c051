import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct ConfigurationFileTests {
  @Test func `two ends, an origin and the names of the tables are enough`() throws {
    let configuration = try ConfigurationSample.read(
      """
      source: dbname=office
      target: postgresql://sync@db.example.com/app
      origin: {column: source, ours: D}
      tables:
        orgmaster:
        jobs:
      """)
    #expect(
      configuration
        == SyncConfiguration(
          source: EndConfiguration(connection: "dbname=office"),
          target: EndConfiguration(connection: "postgresql://sync@db.example.com/app"),
          origin: .marker(column: "source", ours: "D"),
          tables: [
            TableConfiguration(target: TableName(name: "orgmaster"), line: 5),
            TableConfiguration(target: TableName(name: "jobs"), line: 6),
          ]))
  }

  @Test func `what the file leaves out has the documented default`() throws {
    let configuration = try ConfigurationSample.read(ConfigurationSample.head + "tables: [jobs]")
    #expect(configuration.flow == "forward")
    #expect(configuration.source.schema == "public")
    #expect(configuration.target.schema == "public")
    #expect(configuration.origin == nil)
    #expect(configuration.stamps == StampRule(created: nil, updated: nil))
    #expect(configuration.metadata == MetadataConfiguration(enabled: true, table: "_sync_metadata", schema: nil))
    #expect(
      configuration.settings
        == RunSettings(
          jobs: 2, chunkBytes: 16_777_216, chunkRows: nil, maxRejects: nil, lockTimeout: .seconds(10),
          connectTimeout: .seconds(10), analyze: true))
  }

  @Test func `every key of the file arrives`() throws {
    let file = try ConfigurationSample.read(ConfigurationSample.everything, environment: ["OFFICE_DB": "dbname=office"])
    #expect(file.flow == "reverse-2")
    #expect(
      file.source
        == EndConfiguration(
          connection: "dbname=office", schema: "accounts",
          session: [SessionWish(name: "TimeZone", value: "Europe/Berlin")]))
    #expect(
      file.target
        == EndConfiguration(
          connection: "dbname=hosted", schema: "app",
          session: [
            SessionWish(name: "search_path", value: "app, public"), SessionWish(name: "app.tenant", value: "7"),
          ]))
    #expect(file.origin == .marker(column: "source", ours: "D"))
    #expect(file.stamps == StampRule(created: "created_at", updated: "updated_at"))
    #expect(file.sequences == .keep)
    #expect(file.deletes == .remove)
    #expect(file.updates == .keep)
    #expect(file.maxDelete == .rows(20))
    #expect(file.maxDrop == .percent(2.5))
    #expect(file.expect == "SELECT 1")
    #expect(file.metadata == MetadataConfiguration(enabled: true, table: "sync_status", schema: "meta"))
    #expect(
      file.settings
        == RunSettings(
          jobs: 4, chunkBytes: 8 << 20, chunkRows: 50_000, bufferBytes: 1 << 20, copyFormat: .text,
          maxRejects: 100, lockTimeout: .seconds(5), connectTimeout: .seconds(30), keyCache: .on, analyze: false,
          spill: SpillSettings(mode: .always, directory: "/var/spill", limit: 10 << 30),
          keptDeleted: .seconds(60 * 24 * 3600)))
  }

  @Test func `every key of a table arrives`() throws {
    let file = try ConfigurationSample.read(ConfigurationSample.everything, environment: ["OFFICE_DB": "dbname=office"])
    #expect(
      file.tables == [
        TableConfiguration(target: TableName(name: "plain"), line: 34),
        TableConfiguration(
          target: TableName(schema: "hr", name: "people"),
          source: .relation(TableName(schema: "legacy", name: "mbstaff")), filter: "src.active",
          key: ["org_id", "staff_no"], skip: ["photo"],
          columns: [
            ColumnMapping(column: "name", value: .renamed("staff_name")),
            ColumnMapping(column: "country", value: .constant("IE")),
            ColumnMapping(column: "note", value: .constant(nil)),
            ColumnMapping(column: "hours", value: .expression("round(src.hours, 2)")),
            ColumnMapping(
              column: "client_id",
              value: .lookup(
                LookupConfiguration(
                  table: TableName(schema: "legacy", name: "jobshead"),
                  by: [.init(column: "job_id", value: "job"), .init(column: "part", value: "part_no")],
                  take: "client_id"))),
            ColumnMapping(
              column: "region",
              value: .lookup(
                LookupConfiguration(
                  table: TableName(name: "regions"), by: [.init(column: "id", value: "region_no")], take: "name",
                  end: .target, missing: .null))),
          ],
          origin: .allRowsAreOurs, stamps: StampRule(),
          references: [
            ReferenceConfiguration(columns: ["org_id"], parent: TableName(name: "orgmaster")),
            ReferenceConfiguration(
              columns: ["boss_org", "boss_no"], parent: TableName(schema: "hr", name: "people"),
              parentColumns: ["org_id", "staff_no"]),
          ],
          ignoredReferences: ["people_team_fkey"], duplicates: .last(by: "src.changed_at"),
          sequences: .move, deletes: .keep, updates: .write, scope: "region = 1", maxDelete: .percent(7),
          maxDrop: .rows(0),
          expect: "SELECT 2", line: 35),
        TableConfiguration(
          target: TableName(name: "summary"), source: .query("SELECT 1 AS id"),
          origin: .marker(column: "born", ours: "desk", null: .protected), stamps: StampRule(updated: "changed_at"),
          duplicates: .first(by: "src.id"), line: 61),
        TableConfiguration(
          target: TableName(name: "strict"), duplicates: .rejectAll, nullKey: .equal,
          changedBy: ChangeRule(column: "changed_at", overlap: .seconds(3600)), fullEvery: .seconds(7 * 24 * 3600),
          copyFormat: .binary, line: 66),
      ])
  }

  @Test func `tables keep the order of the file`() throws {
    let file = try ConfigurationSample.read(ConfigurationSample.head + "tables: {z: , a: , m: }")
    #expect(file.tables.map(\.target.name) == ["z", "a", "m"])
  }

  @Test func `a name is a text, whatever YAML would make of it`() throws {
    let file = try ConfigurationSample.read(ConfigurationSample.head + "tables: [yes, 123, 007, \"null\"]")
    #expect(file.tables.map(\.target.name) == ["yes", "123", "007", "null"])
  }

  @Test(arguments: [
    ("{constant: 007}", "007"), ("{constant: \"\"}", ""), ("{constant: \"null\"}", "null"), ("{constant: null}", nil),
    ("{constant: ~}", nil),
  ])
  func `a constant keeps its letters, and only an unquoted null is NULL`(yaml: String, value: String?) throws {
    let table = try #require(try ConfigurationSample.table("columns: {a: \(yaml)}"))
    #expect(table.columns == [ColumnMapping(column: "a", value: .constant(value))])
  }

  @Test func `an empty connection string leaves everything to libpq`() throws {
    let file = try ConfigurationSample.read("source: ''\ntarget: service=hosted\ntables: [jobs]")
    #expect(file.source.connection == "")
    #expect(file.target.connection == "service=hosted")
  }

  @Test func `none switches the status table off`() throws {
    let file = try ConfigurationSample.read(ConfigurationSample.head + "metadata: none\ntables: [jobs]")
    #expect(!file.metadata.enabled)
  }

  @Test func `an origin of none holds for all tables`() throws {
    let file = try ConfigurationSample.read(ConfigurationSample.head + "origin: none\ntables: [jobs]")
    #expect(file.origin == .allRowsAreOurs)
  }

  @Test func `an anchor stands for what it names`() throws {
    let file = try ConfigurationSample.read(
      ConfigurationSample.head + "tables:\n  a: {skip: &photos [photo, thumb]}\n  b: {skip: *photos}")
    #expect(file.tables[1].skip == ["photo", "thumb"])
  }

  @Test(arguments: ["", "\u{FEFF}"])
  func `Windows line ends and a byte order mark do no harm`(mark: String) throws {
    let text = mark + (ConfigurationSample.head + "tables: [jobs]\n").replacing("\n", with: "\r\n")
    #expect(try ConfigurationSample.read(text).target.connection == "dbname=hosted")
  }

  @Test func `a file that is not there is a mistake without a line`() {
    #expect(
      throws: ConfigurationError(
        path: "no/such/pgtide.yaml",
        mistakes: [
          .init(
            line: nil, column: nil,
            message: "there is no such file; name another with --config")
        ])
    ) {
      try ConfigurationFile.read(path: "no/such/pgtide.yaml", environment: [:])
    }
  }

  @Test func `two references to one table by different keys are two`() throws {
    let table = try ConfigurationSample.table(
      "references: [{columns: a, table: b, key: c}, {columns: a, table: b, key: d}]")
    #expect(table?.references.map(\.parentColumns) == [["c"], ["d"]])
  }

  @Test func `an empty list of columns to skip skips none`() throws {
    #expect(try ConfigurationSample.table("skip: []")?.skip == [])
  }

  @Test func `an empty constant is a text and not NULL`() throws {
    #expect(try ConfigurationSample.table("columns: {a: {constant: ''}}")?.columns.first?.value == .constant(""))
  }
}
