import Postgres

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// What a run sends beside the statements of its tables: the lock of its flow, the schema `pgtide`, the history and the
/// users' status table.
enum SampleRun {
  private static let flow = "forward"
  private static let run = RunIdentity(id: "42")
  private static let tables = ["hr.people", "jobs"]
  private static let status = QualifiedName("public", "_sync_metadata")

  static var statements: [TableStatement] {
    get throws {
      let (plan, _) = try SampleOffice.plain.plan
      var report = try SampleReport.sync()
      report.tables[0].status = .stopped
      let record = RunRecord(
        plan: plan, run: run, goal: .landEach, isAtomic: false, settings: RunSettings(), start: .now)
      let failed = TableRecord(plan: plan, run: run, goal: .landEach).statements(report.tables[0])
      var list = StatementList()
      list.section("The lock of the flow", addLock)
      list.section("The schema pgtide", addSchema)
      list.section("The history") { list in
        addHistory(to: &list)
        list.add(.target, "write down a table that did not land", failed)
        list.add(.target, "close the run", record.closing(report, isCancelled: false))
      }
      list.section("The status table", addStatus)
      list.section("What a DBA runs where the user of pgtide may not") { list in
        list.add(
          .target, "make all of it, and let that user in", PrivateSchema(plan: plan).initialization(isForOthers: true))
      }
      return list.statements
    }
  }

  private static func addLock(to list: inout StatementList) {
    let sql = RunLockSQL(flow: flow)
    list.add(.target, "take the lock", sql.take(by: 7))
    list.add(.target, "say who has it", if: "if another run does", sql.holder)
    list.add(.target, "make sure that no session of an earlier run is left", sql.fenceAlone)
    list.add(.target, "end those that are", sql.endSessions)
    list.add(.target, "make a session one of this run's", sql.fenceShared(by: 7), sql.newestRun)
    list.add(.target, "fail where the lock is not held any more", sql.mustBeHeld(by: 7))
    list.add(.target, "end the lost session that still holds it", sql.endHolder(7))
    list.add(.target, "give it back", sql.release(by: 7))
  }

  private static func addSchema(to list: inout StatementList) {
    list.add(.target, "look what stands there", PrivateSchemaSQL.facts(metadata: status).statements)
    list.add(.target, "keep others from making it at the same time", RunLockSQL.buildingAlone)
    list.add(.target, "make it", if: "if it is missing", SampleServers.privateSchema(schemaExists: false).foundation)
    list.add(.target, "bring an earlier version up to date", HistorySQL.upgrade())
  }

  private static func addHistory(to list: inout StatementList) {
    let settings = RunSettings().record
    list.add(.target, "close runs that died", HistorySQL.closeDead(flow: flow))
    list.add(.target, "enter the run", HistorySQL.begin(flow: flow, mode: "full", settings: settings))
    list.add(
      .target, "enter a run that did not begin",
      HistorySQL.note(.refused, flow: flow, mode: "full", settings: settings, error: "the plan was refused"))
    list.add(.target, "say when a run began", if: "if it kept its rows on the disk", HistorySQL.began("42"))
    list.add(
      .target, "say what has landed since", if: "if it kept its rows on the disk",
      HistorySQL.landed(since: ["42", "41"], tables: tables))
    list.add(
      .target, "say whether tables have landed", if: "if a COMMIT got no answer",
      HistorySQL.haveLanded(tables, run: run))
  }

  private static func addStatus(to list: inout StatementList) {
    let sql = MetadataSQL(table: status)
    list.add(.target, "make it", if: "if it is missing", sql.create)
    list.add(.target, "give each table a row", sql.seed(tables))
    list.add(.target, "say that a table has landed", sql.set("jobs", .success, records: 3, error: nil))
    list.add(.target, "say that it has not", sql.set("jobs", .failed, records: 0, error: "run 42: it failed"))
  }
}
