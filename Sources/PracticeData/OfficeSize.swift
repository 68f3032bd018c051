/// How many rows the office has in the tables that grow. The other tables are small at any size.
public struct OfficeSize: Sendable, Hashable {
  public var jobs: Int
  /// Rows of jobs that name no organisation.
  public var jobsWithoutOrganisation: Int
  public var tasks: Int
  public var checklists: Int
  public var diary: Int
  public var clients: Int

  /// As an office really is.
  public static let real = OfficeSize(
    jobs: 24_568, jobsWithoutOrganisation: 123, tasks: 64_542, checklists: 2000, diary: 226, clients: 729)

  /// Some hundred rows, with every kind of row that the real size has.
  public static let small = OfficeSize(
    jobs: 240, jobsWithoutOrganisation: 9, tasks: 420, checklists: 180, diary: 60, clients: 80)

  /// The same with so many times the rows.
  public func times(_ scale: Int) -> OfficeSize {
    OfficeSize(
      jobs: jobs * scale, jobsWithoutOrganisation: jobsWithoutOrganisation, tasks: tasks * scale,
      checklists: checklists * scale, diary: diary * scale, clients: clients)
  }

  var variables: [String: String] {
    [
      "jobs": jobs, "lone": jobsWithoutOrganisation, "tasks": tasks, "checks": checklists, "diary": diary,
      "clients": clients,
    ].mapValues(String.init)
  }
}
