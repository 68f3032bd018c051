import EphemeralPostgres

extension OfficeData {
  /// What the app writes after a first sync: rows of its own in six tables, some of which refer to the office's, and one row
  /// of the office's that it takes over. To be done once.
  @discardableResult
  public static func writeAsApp(target: PostgresDatabase) async throws -> [OfficeChange] {
    try await app.run(on: target)
  }

  private static let app = [
    OfficeStep(
      "written", "jobshead",
      """
      INSERT INTO jobshead (org_id, con_id, loc_id, job_id, job_uid, sporg_id, client_id, work_desc)
      SELECT 1, 1, 1, 900001, 'APP900001', s, 3, 'Taken on by phone' FROM (VALUES (1), (NULL)) v (s)
      """),
    // For the app's job, and for one of the office's.
    OfficeStep(
      "written", "jobtasks",
      """
      INSERT INTO jobtasks (org_id, con_id, loc_id, job_id, client_id, task_id, staff_id, task_desc)
      SELECT 1, 1, 1, v.job_id, v.client_id, 40, 2, 'Written in the app' FROM (VALUES (900001, 3), (2, 4)) v (job_id, client_id)
      """),
    // One refers to a task of the app's, the other to one of the office's that the day in the office deletes.
    OfficeStep(
      "written", "taskchecklist",
      """
      INSERT INTO taskchecklist (org_id, job_id, task_id, jt_id, checklistdesc, applicable)
      SELECT 1, job_id, task_id, jt_id, 'Written in the app', 'Y' FROM jobtasks
      WHERE job_id = 900001 OR \(isFirst(7, 7))
      """),
    OfficeStep(
      "written", "workdiary",
      """
      INSERT INTO workdiary (org_id, con_id, loc_id, staff_id, job_id, task_id, client_id, date, timefrom, timeto, minutes, tasknotes, doc_ref)
      SELECT 1, 1, 1, g, 900001, 40, 3, date '2025-03-01' + g, '14:00', '15:30', 90, repeat('A long note ' || g || '. ', 6 * g),
        'photographs/2025/' || g
      FROM generate_series(1, 2) g
      """),
    OfficeStep(
      "written", "reminder",
      """
      INSERT INTO reminder (rem_id, org_id, loc_id, staff_id, remtitle, channel) VALUES (900001, 1, 1, 2, 'Written in the app', 'app')
      """),
    OfficeStep(
      "written", "remdetail",
      "INSERT INTO remdetail (remd_id, rem_id, staff_id, remresponse) VALUES (900001, 5, 2, 'Written in the app')"),
    OfficeStep(
      "taken over", "reminder", "UPDATE reminder SET source = 'M', remtitle = 'Changed in the app' WHERE rem_id = 7"),
  ]
}
