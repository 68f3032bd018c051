@testable import PGTide
@testable import PGTidePlanning
@testable import PostgresValues

/// A table whose rows refer to another by a number that only the target makes.
enum SampleLookups {
  static func lookup(
    _ table: String = "tasks", by: [(String, String)] = [("job", "job"), ("title", "task")], take: String = "id",
    missing: LookupConfiguration.MissingRule = .reject
  ) -> ColumnMapping {
    let by = by.map { LookupConfiguration.Match(column: ObjectName($0.0), value: ObjectName($0.1)) }
    return ColumnMapping(
      column: "task_id",
      value: .lookup(
        LookupConfiguration(
          table: TableName(name: table), by: by, take: ObjectName(take), end: .target, missing: missing)))
  }

  static let tasks = TableConfiguration("tasks") { $0.key = ["job", "title"] }

  static func steps(_ lookup: ColumnMapping = lookup()) -> TableConfiguration {
    TableConfiguration("steps") { $0.columns = [lookup] }
  }

  static func servers(
    key: [ForeignKey] = [.sample("task_id", to: "tasks")], _ change: (inout TableFacts) -> Void = { _ in }
  ) -> SampleServers {
    var servers = SampleServers()
    servers.configuration.origin = .allRowsAreOurs
    servers.source(
      .sample("tasks", [.column("job", .integer), .column("title", .text)]),
      .sample("steps", [.key("id", .integer), .column("job", .bigint), .column("task", .text), .column("v", .text)]))
    var tasks = TableFacts.sample(
      "tasks", [.key("id", .integer, identity: .byDefault), .key("job", .integer), .key("title", .text)],
      key: ["job", "title"])
    change(&tasks)
    servers.target(
      tasks,
      .sample("steps", [.key("id", .integer), .key("task_id", .integer), .column("v", .text)], oid: 16_500) {
        $0.foreignKeys = key
      })
    return servers
  }

  /// The source has numbers of its own for its tasks, to which its steps refer.
  static func numbered(_ tasks: TableConfiguration = paired) -> (servers: SampleServers, tables: [TableConfiguration]) {
    var servers = servers()
    servers.source(
      .sample("tasks", [.key("id", .bigint), .column("job", .bigint), .column("name", .varchar(20))]),
      .sample("steps", [.key("id", .integer), .column("task_id", .bigint), .column("v", .text)]))
    servers.target(
      .sample(
        "tasks", [.key("id", .integer, identity: .byDefault), .column("job", .integer), .column("title", .text)]))
    return (servers, [steps(lookup(by: [("id", "task_id")])), tasks])
  }

  static let paired = TableConfiguration("tasks") {
    $0.pairing = .generated(match: ["job", "title"])
    $0.columns = [ColumnMapping(column: "title", value: .renamed("name"))]
  }

  /// With the table that looks up.
  static var plan: (plan: SyncPlan, table: TablePlan) {
    get throws {
      let plan = try servers().plan(steps(), tasks)
      return (plan, plan.tables[1])
    }
  }
}
