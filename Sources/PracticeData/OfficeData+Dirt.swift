import EphemeralPostgres

extension OfficeData {
  /// Makes rows of the source such that they cannot go in, the same ones every time. To be done once, after a load.
  @discardableResult
  public static func addDirt(source: PostgresDatabase) async throws -> [OfficeChange] {
    try await source.run("ALTER TABLE mbreminder ALTER COLUMN remnotes TYPE text")
    return try await dirt.run(on: source)
  }

  private static let dirt = [
    OfficeStep(
      "without their job", "jobtasks", "UPDATE jobtasks SET job_id = 800000 + job_id WHERE \(isFirst(80, 82))"),
    OfficeStep("without a job", "jobtasks", "UPDATE jobtasks SET job_id = NULL WHERE \(isFirst(83, 83))"),
    OfficeStep(
      "with another client", "jobshead",
      """
      UPDATE jobshead SET client_id = 1 + client_id % 80
      WHERE ctid = (SELECT ctid FROM jobshead WHERE job_id = 84 ORDER BY sporg_id LIMIT 1)
      """),
    OfficeStep("of nobody", "jobshead", "UPDATE jobshead SET client_id = 8000000 WHERE job_id = 85"),
    OfficeStep(
      "of a task that stands there twice", "taskchecklist",
      """
      INSERT INTO taskchecklist (org_id, con_id, loc_id, job_id, task_id, checklistdesc)
      SELECT 1, 1, 1, 70, 1 + 70 * 3 % 40, 'Whose is it?'
      """),
    OfficeStep(
      "too long", "mbreminder",
      "UPDATE mbreminder SET remnotes = repeat('Too long ', 12) WHERE rem_id BETWEEN 20 AND 22"),
    OfficeStep(
      "without their reminder", "mbremdetail",
      "UPDATE mbremdetail SET rem_id = 800000 + rem_id WHERE remd_id IN (30, 31)"),
    OfficeStep(
      "with another's number", "learequest",
      "INSERT INTO learequest (learequest_id, staff_id, leavetype) VALUES (5, 1, 'CL')"),
    OfficeStep(
      "without a number", "learequest",
      "INSERT INTO learequest (learequest_id, staff_id, leavetype) VALUES (NULL, 1, 'CL')"),
  ]
}
