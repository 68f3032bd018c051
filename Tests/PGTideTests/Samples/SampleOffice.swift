import Postgres

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// A handful of tables, each for a way in or a shape, whose statements are kept as text.
enum SampleOffice: String, CaseIterable, CustomStringConvertible {
  /// Marker, stamps, a parent, values that may not fit, keys that can be asked for.
  case plain
  /// A key of two columns, one of them a text; a rule for duplicates, a rule that only the configuration knows, a cast.
  case compositeKey = "composite-key"
  case selfReference = "self-reference"
  case partitioned
  /// An identity, a column that the target computes, a trigger that rewrites, a source without an encoding, protected rows
  /// that earlier runs have listed.
  case generatedColumns = "generated-columns"
  /// Every row is ours; few rows for an empty table, which travel as arrays.
  case noMarker = "no-marker"
  /// Many rows for an empty table, whose indexes are rebuilt and whose parents are proved.
  case emptyTable = "empty-table"
  /// Columns whose values stand in other tables, one of which finds them by two columns.
  case lookups
  /// Two tables that refer to each other.
  case cycle

  var description: String { rawValue }

  /// The plan, and the table whose statements are looked at.
  var plan: (SyncPlan, TablePlan) {
    get throws {
      let plan = try makePlan()
      return (plan, plan.tables[plan.tables.count - 1])
    }
  }

  private func makePlan() throws -> SyncPlan {
    var servers = SampleServers()
    servers.configuration.origin = .marker(column: "source", ours: "D")
    servers.configuration.stamps = StampRule(created: "created_at", updated: "updated_at")
    let own = [ColumnFacts.marker] + ColumnFacts.stamps
    switch self {
    case .plain:
      servers.configuration.settings.keyCache = .on
      let columns: [ColumnFacts] = [.column("team_id", .integer), .column("born", .date), .column("note", .text)]
      servers.addTeams(rows: 40, own)
      servers.source(
        .sample(
          "people", [.key("id", .integer), .column("name", .text), .column("salary", .numeric)] + columns, pages: 3000,
          rows: 90_000))
      servers.target(
        .sample(
          "people",
          [.key("id", .integer), .column("name", .varchar(50), isNotNull: true), .column("salary", .numeric(8, 2))]
            + columns + own, oid: 16_410, rows: 90_000
        ) { $0.foreignKeys = [.sample("team_id", to: "teams")] })
      return try servers.plan(TableConfiguration("teams"), TableConfiguration("people"))
    case .compositeKey:
      let columns: [ColumnFacts] = [
        .key("team_id", .integer), .key("code", .text), .column("person_id", .integer),
      ]
      servers.addTeams(rows: 40, own)
      servers.source(.sample("entries", columns + [.column("hours", .bigint)], key: ["team_id", "code"], rows: 300))
      servers.target(
        .sample("people", [.key("id", .integer)], oid: 16_410, rows: 90_000),
        .sample(
          "entries", columns + [.column("hours", .integer)] + own, key: ["team_id", "code"], oid: 16_420, rows: 300
        ) {
          $0.foreignKeys = [.sample("team_id", "code", to: "codes", key: ["team_id", "code"], isMatchFull: true)]
        })
      let entries = TableConfiguration("entries") { table in
        table.filter = "src.hours > 0"
        table.duplicates = .last(by: "src.changed")
        table.references = [ReferenceConfiguration(columns: ["person_id"], parent: TableName(name: "people"))]
        table.columns = [ColumnMapping(column: "hours", value: .expression("src.hours * 2"))]
      }
      servers.described = [
        .filter(entries.target): [], .duplicateOrder(entries.target): [("changed", .timestamptz)],
        .expression(entries.target, column: "hours"): [("hours", .bigint)],
      ]
      return try servers.plan(entries)
    case .selfReference:
      let columns: [ColumnFacts] = [.key("id", .bigint), .column("parent_id", .bigint), .column("name", .text)]
      servers.source(.sample("units", columns, rows: 2000))
      servers.target(
        .sample("units", columns + own, oid: 16_430, rows: 2000) {
          $0.foreignKeys = [.sample("parent_id", to: "units")]
        })
      return try servers.plan(TableConfiguration("units"))
    case .partitioned:
      let columns: [ColumnFacts] = [.key("id", .bigint), .key("day", .date), .column("text", .text)]
      servers.source(
        .sample("events", columns, key: ["id", "day"], kind: .partitioned, pages: 0) { table in
          table.leaves = ["events_2025", "events_2026"].map {
            TableFacts.Leaf(
              name: QualifiedName("public", $0), pages: 4, estimatedRows: 400, kind: .table, canSelect: true,
              isUnlogged: false)
          }
        })
      servers.target(
        .sample("events", columns + own, key: ["id", "day"], kind: .partitioned, oid: 16_440) {
          $0.partitionCount = 2
          $0.columnsToAnalyze = []
        })
      return try servers.plan(TableConfiguration("events"))
    case .generatedColumns:
      servers.sourceServer = SampleServers.server(encoding: "SQL_ASCII")
      servers.privateSchema = SampleServers.privateSchema(
        [RewriteSQL.rows, ProtectedSQL.rows].map { ($0.name.name, bytes: 8192) })
      let columns: [ColumnFacts] = [.column("title", .text), .column("body", .json)]
      servers.source(.sample("notes", [.key("id", .integer)] + columns, rows: 300))
      servers.target(
        .sample(
          "notes",
          [.key("id", .integer, identity: .always)] + columns + [.column("words", .integer, isGenerated: true)] + own,
          oid: 16_450, rows: 300
        ) {
          $0.hasTriggers = true
          $0.hasInsertTriggers = true
          $0.hasBeforeTriggers = true
          $0.triggers = TableTriggers(names: ["tidy_title"], fingerprint: "00ff")
          $0.sequences = [
            ColumnSequence(column: "id", name: QualifiedName("public", "notes_id_seq"), maximum: 2_147_483_647)
          ]
        })
      return try servers.plan(TableConfiguration("notes"))
    case .noMarker:
      servers.configuration.origin = .allRowsAreOurs
      servers.addTeams(rows: nil, ColumnFacts.stamps)
      return try servers.plan(TableConfiguration("teams"))
    case .emptyTable:
      servers.configuration.settings.indexes = .rebuild
      let columns: [ColumnFacts] = [
        .key("id", .bigint), .column("team_id", .integer), .column("taken", .timestamptz), .column("value", .float),
      ]
      servers.addTeams(rows: 40, own)
      servers.source(.sample("readings", columns, pages: 10_000, rows: 1_000_000))
      servers.target(
        .sample("readings", columns + own, oid: 16_460) { $0.foreignKeys = [.sample("team_id", to: "teams")] })
      servers.indexes[QualifiedName("public", "readings")] = [
        SecondaryIndex(name: QualifiedName("public", "readings_taken_idx"), definition: nil, obstacle: nil)
      ]
      return try servers.plan(TableConfiguration("teams"), TableConfiguration("readings"))
    case .lookups:
      let tasks: [ColumnFacts] = [.key("id", .integer), .column("job_id", .integer), .column("part", .text)]
      servers.source(
        .sample("tasks", tasks, pages: 3000, rows: 64_542),
        .sample("jobs", [.column("job_id", .integer), .column("client_id", .integer)], pages: 200, rows: 24_568),
        .sample("parts", [.column("job", .bigint), .column("no", .text), .column("price", .numeric)], rows: 400))
      servers.target(
        .sample(
          "tasks", tasks + [.column("client_id", .integer), .column("price", .numeric)] + own, oid: 16_490,
          rows: 64_542))
      return try servers.plan(
        TableConfiguration("tasks") { table in
          table.columns = [
            ColumnMapping(
              column: "client_id",
              value: .lookup(
                LookupConfiguration(
                  table: TableName(name: "jobs"), by: [.init(column: "job_id", value: "job_id")], take: "client_id"))),
            ColumnMapping(
              column: "price",
              value: .lookup(
                LookupConfiguration(
                  table: TableName(name: "parts"),
                  by: [.init(column: "job", value: "job_id"), .init(column: "no", value: "part")], take: "price",
                  missing: .null))),
          ]
        })
    case .cycle:
      servers.configuration.origin = .allRowsAreOurs
      let teams: [ColumnFacts] = [.key("id", .integer), .column("captain_id", .integer)]
      let players: [ColumnFacts] = [.key("id", .integer), .column("team_id", .integer)]
      servers.source(.sample("clubs", teams, rows: 40), .sample("players", players, rows: 400))
      servers.target(
        .sample("clubs", teams, oid: 16_470, rows: 40) {
          $0.foreignKeys = [.sample("captain_id", to: "players", isDeferrable: true)]
        },
        .sample("players", players, oid: 16_480, rows: 400) {
          $0.foreignKeys = [.sample("team_id", to: "clubs", isDeferrable: true)]
        })
      return try servers.plan(TableConfiguration("clubs"), TableConfiguration("players"))
    }
  }
}

extension SampleServers {
  /// A parent that others refer to.
  fileprivate mutating func addTeams(rows: Int?, _ own: [ColumnFacts]) {
    let columns: [ColumnFacts] = [.key("id", .integer), .column("name", .text)]
    source(.sample("teams", columns, rows: 40))
    target(.sample("teams", columns + own, oid: 16_400, rows: rows))
  }
}
