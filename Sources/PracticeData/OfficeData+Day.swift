import EphemeralPostgres

extension OfficeData {
  /// A day at the desktop: rows are typed, changed, copied and deleted in 11 tables, the same ones every time. To be spent once.
  @discardableResult
  public static func spendDay(source: PostgresDatabase) async throws -> [OfficeChange] {
    try await day.run(on: source)
  }

  private static let day = [
    OfficeStep(
      "changed", "jobshead", "UPDATE jobshead SET job_status = 'C', work_desc = 'Done' WHERE job_id IN (1, 20)"),
    // One of its two rows.
    OfficeStep("deleted", "jobshead", "DELETE FROM jobshead WHERE job_id = 22 AND sporg_id = 22"),
    OfficeStep(
      "typed", "jobshead",
      """
      INSERT INTO jobshead (org_id, con_id, loc_id, job_id, job_uid, sporg_id, client_id, work_desc)
      SELECT 1, 2, 1, 700000, 'UID700000', s, 5, 'A new job' FROM (VALUES (3), (NULL)) v (s)
      """),
    OfficeStep("changed", "jobtasks", "UPDATE jobtasks SET actual_man_min = 7 WHERE job_id BETWEEN 2 AND 6"),
    // One of the two that nothing tells apart.
    OfficeStep(
      "given to others", "jobtasks",
      """
      UPDATE jobtasks SET staff_id = 1 + staff_id % 16
      WHERE ctid = ANY (SELECT DISTINCT ON (job_id) ctid FROM jobtasks WHERE \(isFirst(60, 61)) ORDER BY job_id, ctid)
      """),
    OfficeStep("deleted", "jobtasks", "DELETE FROM jobtasks WHERE \(isFirst(7, 9))"),
    OfficeStep(
      "deleted", "jobtasks",
      """
      DELETE FROM jobtasks t USING taskchecklist c
      WHERE c.checklistdesc = 'Item 14' AND (t.job_id, t.task_id) = (c.job_id, c.task_id)
      """),
    OfficeStep(
      "copied", "jobtasks", "INSERT INTO jobtasks SELECT DISTINCT * FROM jobtasks WHERE \(isFirst(62, 62))"),
    OfficeStep(
      "typed", "jobtasks",
      """
      INSERT INTO jobtasks (org_id, con_id, loc_id, job_id, task_id, staff_id, task_desc)
      SELECT 1, 2, 1, 700000, g, 4, 'A new task' FROM generate_series(1, 3) g
      """),
    OfficeStep(
      "copied", "taskchecklist",
      """
      INSERT INTO taskchecklist
      SELECT DISTINCT * FROM taskchecklist WHERE checklistdesc IN ('Item 11', 'Item 15', 'Item 16')
      """),
    OfficeStep(
      "deleted", "taskchecklist",
      """
      DELETE FROM taskchecklist
      WHERE ctid = (SELECT ctid FROM taskchecklist WHERE checklistdesc = 'Item 12' LIMIT 1) OR checklistdesc = 'Item 18'
      """),
    OfficeStep(
      "ticked", "taskchecklist",
      "UPDATE taskchecklist SET checkliststatus = 5, completeddate = date '2025-03-01' WHERE checklistdesc IS NULL"),
    OfficeStep("deleted", "mbremdetail", "DELETE FROM mbremdetail WHERE remd_id BETWEEN 10 AND 14"),
    OfficeStep(
      "typed", "mbremdetail",
      """
      INSERT INTO mbremdetail (remd_id, rem_id, staff_id, remresponse)
      SELECT 500 + g, g, 1, 'Called back' FROM generate_series(1, 2) g
      """),
    OfficeStep("renamed", "mbstaff", "UPDATE mbstaff SET app_username = 'former' || staff_id WHERE staff_id IN (3, 4)"),
    OfficeStep(
      "renamed", "learequest",
      "UPDATE learequest SET requested_by = 'former' || staff_id WHERE requested_by IN ('user3', 'user4')"),
    OfficeStep("changed", "climaster", "UPDATE climaster SET con_id = 2 WHERE client_id IN (7, 13)"),
    OfficeStep("changed", "climaster", "UPDATE climaster SET con_id = 0 WHERE client_id = 11"),
    OfficeStep(
      "changed", "workdiary",
      "UPDATE workdiary SET timeto = timeto + interval '20 min', minutes = minutes + 20 WHERE wd_id BETWEEN 5 AND 8"),
    OfficeStep(
      "typed", "workdiary",
      """
      INSERT INTO workdiary (wd_id, org_id, con_id, loc_id, staff_id, job_id, task_id, date, timefrom, timeto, minutes, tasknotes)
      SELECT 400000, 1, 1, 1, 2, 700000, 1, '2025-03-01', '2025-03-01 09:00', '2025-03-01 09:45', 45, 'A new entry'
      """),
    OfficeStep("changed", "mbreminder", "UPDATE mbreminder SET remstatus = 2 WHERE rem_id BETWEEN 30 AND 33"),
    OfficeStep(
      "typed", "learequest",
      """
      INSERT INTO learequest (learequest_id, org_id, con_id, loc_id, staff_id, requested_by, requestdate, leavetype)
      VALUES (400, 1, 1, 1, 3, 'former3', '2025-03-01', 'CL')
      """),
  ]

  /// Of each of these jobs, its first task.
  static func isFirst(_ first: Int, _ last: Int) -> String {
    "job_id BETWEEN \(first) AND \(last) AND task_id = 1 + job_id * 3 % 40"
  }
}
