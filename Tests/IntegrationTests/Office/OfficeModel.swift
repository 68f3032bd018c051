import EphemeralPostgres

/// What must stand on the target, asked by SQL that is written by hand for each table and shares nothing with the engine or the
/// configuration.
struct OfficeModel {
  let source: TestDatabase
  let target: TestDatabase

  /// A row that only one end has, or has more often.
  struct Difference: Hashable {
    var table: String
    var row: [String]
    /// How much more often the target has it.
    var surplus: Int
  }

  private struct Table {
    let name: String
    /// The rows that must stand there, asked on the source as `s`, and those of ours that do, asked on the target as `t`.
    let expected: String
    let standing: String

    /// The same columns on both ends.
    init(_ name: String, from source: String? = nil, _ columns: String) {
      self.init(name, "SELECT \(columns) FROM \(source ?? name) s", "SELECT \(columns) FROM \(name) t")
    }

    init(_ name: String, _ expected: String, _ standing: String) {
      self.name = name
      self.expected = expected
      self.standing = standing
    }
  }

  private static let isOffices = "s.source IS DISTINCT FROM 'M'"
  private static let ofJob = "(SELECT max(h.client_id) FROM jobshead h WHERE h.job_id = s.job_id)"

  private static let jobs = """
    org_id, con_id, loc_id, job_id, job_uid, sporg_id, year_id, client_id, jobdate, targetdate, job_nature, work_desc, worklocation,
    act_man_min, drivefolderpath, drivefolderkey, job_status
    """
  private static let tasks = """
    org_id, con_id, loc_id, job_id, year_id, task_id, staff_id, taskorder, task_desc, jobdet_man_hrs, actual_man_hrs, actual_man_min,
    checklistlinked, task_status
    """
  private static let items = """
    org_id, con_id, loc_id, job_id, task_id, checklistdesc, applicable, completedby, completeddate, comments, checkliststatus
    """
  private static let diary =
    "wd_id, org_id, con_id, loc_id, staff_id, job_id, task_id, date, minutes, tasknotes, attachment, doc_ref"
  private static let reminders = """
    rem_id, org_id, loc_id, year_id, staff_id, remdate, client_id, remtype, remnotes, remduedate, remstatus, remtime, remtitle, color
    """
  private static let requests =
    "org_id, con_id, loc_id, staff_id, requested_by, requestdate, fromdate, todate, leavetype, leaveremarks, approval_status"

  private static let tables = [
    Table("orgmaster", "org_id, orgname"), Table("locmaster", "org_id, loc_id, locname"),
    Table("conmaster", "org_id, loc_id, con_id, conname, conmail, conphone"),
    Table(
      "climaster",
      """
      SELECT org_id, CASE WHEN con_id > 0 THEN con_id END, loc_id, client_id, clientname, clientmail, clientphone FROM climaster s
      """,
      "SELECT org_id, con_id, loc_id, client_id, clientname, clientmail, clientphone FROM climaster t"),
    Table(
      "mbstaff",
      """
      org_id, con_id, loc_id, staff_id, app_username, stafftype, name, phonumber, dob, email, createdby, createddate, active_status
      """),
    Table("taskmaster", "org_id, con_id, loc_id, task_id, task_desc, task_status"),
    Table("jobmaster", "org_id, con_id, loc_id, job_id, jobdesc, jobstatus"),
    Table(
      "cliunimaster",
      """
      org_id, con_id, loc_id, client_id, cliu_id, cliunitname, cliunitadd1, cliunitcity, cliunitpin, cliunitphone
      """),
    // No row of the same job and organisation is newer.
    Table(
      "jobshead",
      """
      SELECT \(jobs) FROM jobshead s WHERE \(isOffices) AND NOT EXISTS (
        SELECT FROM jobshead o WHERE o.job_id = s.job_id AND o.sporg_id IS NOT DISTINCT FROM s.sporg_id
          AND o.source IS DISTINCT FROM 'M' AND (o.created_at, o.ctid) > (s.created_at, s.ctid))
      """, "SELECT \(jobs) FROM jobshead t"),
    Table(
      "jobtasks", "SELECT \(tasks), \(ofJob) FROM jobtasks s WHERE \(isOffices)",
      "SELECT \(tasks), client_id FROM jobtasks t"),
    // Whether it refers to the task of its job.
    Table(
      "taskchecklist",
      """
      SELECT \(items), EXISTS (SELECT FROM jobtasks o WHERE (o.job_id, o.task_id) = (s.job_id, s.task_id))
      FROM taskchecklist s WHERE \(isOffices)
      """,
      """
      SELECT \(items), EXISTS (SELECT FROM jobtasks o WHERE (o.jt_id, o.job_id, o.task_id) = (t.jt_id, t.job_id, t.task_id))
      FROM taskchecklist t
      """),
    Table(
      "workdiary",
      "SELECT \(diary), \(ofJob), to_char(timefrom, 'HH24:MI'), to_char(timeto, 'HH24:MI') FROM workdiary s WHERE \(isOffices)",
      "SELECT \(diary), client_id, left(timefrom::text, 5), left(timeto::text, 5) FROM workdiary t"),
    Table(
      "reminder", "SELECT \(reminders), 'office' FROM mbreminder s", "SELECT \(reminders), channel FROM reminder t"),
    Table("remdetail", from: "mbremdetail", "remd_id, rem_id, staff_id, remresponse, remresstatus"),
    Table(
      "learequest", "SELECT learequest_id, \(requests) FROM learequest s",
      "SELECT lea_id, \(requests) FROM learequest t"),
  ]

  /// What of all tables is on one end only.
  ///
  /// - Parameters:
  ///   - claimed: rows of the source, by table, that are the app's on the target.
  ///   - kept: rows of ours, by table, that stay there, though the source has them no more.
  func differences(claimed: [String: String] = [:], kept: [String: String] = [:]) async throws -> Set<Difference> {
    var differences: Set<Difference> = []
    for table in Self.tables {
      let but = claimed[table.name].map { (table.expected.contains("WHERE") ? " AND" : " WHERE") + " NOT (\($0))" }
      let expected = try await source.rows(table.expected + (but ?? ""))
      let left = kept[table.name].map { " AND NOT (\($0))" } ?? ""
      // Rows of other hands are told by the marker alone.
      let standing = try await target.rows("\(table.standing) WHERE t.source = 'D'\(left)")
      var surplus: [[String]: Int] = [:]
      for row in standing { surplus[row, default: 0] += 1 }
      for row in expected { surplus[row, default: 0] -= 1 }
      differences.formUnion(
        surplus.filter { $0.value != 0 }.map { Difference(table: table.name, row: $0.key, surplus: $0.value) })
    }
    return differences
  }
}
