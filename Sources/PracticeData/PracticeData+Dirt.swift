import EphemeralPostgres

extension PracticeData {
  /// Adds dirt to loaded practice data. Adding the same kind twice gives fewer rows than it says.
  ///
  /// The rows are chosen by the remainder of their key divided by 8, from the lowest keys up, so no two kinds meet.
  @discardableResult
  public static func add(
    _ dirt: Dirt, source: PostgresDatabase, target: PostgresDatabase
  ) async throws -> [DirtMade] {
    var made: [DirtMade] = []
    for step in sourceSteps(dirt) where step.rows > 0 {
      made.append(try await step.run(on: source))
    }
    for step in targetSteps(dirt) where step.rows > 0 {
      made.append(try await step.run(on: target))
    }
    return made
  }

  private static func sourceSteps(_ dirt: Dirt) -> [DirtStep] {
    let orphans = split(dirt.orphans, most: 25)
    let duplicates = split(dirt.duplicateKeys, most: 100)
    let overlong = split(dirt.overlongValues, most: 25)
    return [
      .update(.orphans, "jobtasks", "jt_id", remainder: 1, rows: orphans.first, set: "job_id = 9000000000 + jt_id"),
      .update(.orphans, "workdiary", "wd_id", remainder: 1, rows: orphans.second, set: "staff_id = 90000000 + wd_id"),
      .duplicate("jobtasks", "jt_id", rows: duplicates.first, column: "task_status"),
      .duplicate("taskchecklist", "tc_id", rows: duplicates.second, column: "checkliststatus"),
      .update(.nullKeys, "jobtasks", "jt_id", remainder: 3, rows: dirt.nullKeys, set: "jt_id = NULL"),
      .update(.nullRequired, "jobtasks", "jt_id", remainder: 4, rows: dirt.nullRequired, set: "task_id = NULL"),
      .update(
        .overlongValues, "jobtasks", "jt_id", remainder: 5, rows: overlong.first,
        set: "task_desc = rpad('Overlong ', 41 + jt_id::int % 7, 'x')", widening: "task_desc"),
      .update(
        .overlongValues, "workdiary", "wd_id", remainder: 5, rows: overlong.second,
        set: "tasknotes = rpad('Overlong ', 51 + wd_id::int % 7, 'x')", widening: "tasknotes"),
    ]
  }

  private static func targetSteps(_ dirt: Dirt) -> [DirtStep] {
    let app = split(dirt.appRows, most: dirt.appRows / 3)
    let diary = split(app.first, most: app.second)
    let claimed = split(dirt.claimedRows, most: 60)
    return [
      .insert(
        .appRows, "taskchecklist", "tc_id", "checklistdesc", rows: diary.first, keys: "5000000000 + g",
        text: "Written in the app"),
      .insert(
        .appRows, "workdiary", "wd_id", "tasknotes", rows: diary.second, keys: "5000000000 + g",
        text: "Written in the app"),
      .insert(
        .appRows, "reminder", "rem_id", "remtitle", rows: app.second, keys: "50000000 + g", text: "Written in the app"),
      .insert(
        .claimedRows, "taskchecklist", "tc_id", "checklistdesc", rows: claimed.first, keys: "8 * g",
        text: "Changed in the app"),
      .insert(
        .claimedRows, "reminder", "rem_id", "remtitle", rows: claimed.second, keys: "2 * g", text: "Changed in the app"),
    ]
  }

  /// A number in two parts, the second at most half of it and at most `most`.
  private static func split(_ rows: Int, most: Int) -> (first: Int, second: Int) {
    let second = min(rows / 2, most)
    return (rows - second, second)
  }
}
