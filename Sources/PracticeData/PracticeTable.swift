/// One table of the practice data.
public struct PracticeTable: Sendable, Hashable {
  /// Its name on the source, the desktop side.
  public let source: String
  /// Its name on the target, the app's side.
  public let target: String
  /// The target's primary key. The source has the column, but no key on it.
  public let key: String
  /// Its rows at scale 1.
  public let rows: Int
  /// Whether ``rows`` grows with the scale.
  public let scales: Bool

  init(_ source: String, as target: String? = nil, key: String, rows: Int, scales: Bool = false) {
    self.source = source
    self.target = target ?? source
    self.key = key
    self.rows = rows
    self.scales = scales
  }
}

extension PracticeData {
  /// All 15 tables, parents before children.
  public static let tables = [
    PracticeTable("orgmaster", key: "org_id", rows: 2),
    PracticeTable("locmaster", key: "loc_id", rows: 1),
    PracticeTable("conmaster", key: "con_id", rows: 4),
    PracticeTable("climaster", key: "client_id", rows: 729),
    PracticeTable("mbstaff", key: "staff_id", rows: 16),
    PracticeTable("taskmaster", key: "task_id", rows: 40),
    PracticeTable("jobmaster", key: "job_id", rows: 12),
    PracticeTable("cliunimaster", key: "cliu_id", rows: 31),
    PracticeTable("jobshead", key: "job_id", rows: 24568, scales: true),
    PracticeTable("jobtasks", key: "jt_id", rows: 64542, scales: true),
    PracticeTable("taskchecklist", key: "tc_id", rows: 2000, scales: true),
    PracticeTable("workdiary", key: "wd_id", rows: 226, scales: true),
    PracticeTable("mbreminder", as: "reminder", key: "rem_id", rows: 121),
    PracticeTable("mbremdetail", as: "remdetail", key: "remd_id", rows: 65),
    PracticeTable("learequest", key: "lea_id", rows: 30),
  ]

  /// The rows of all tables together.
  public static func totalRows(scale: Int = 1) -> Int {
    tables.reduce(0) { $0 + $1.rows * ($1.scales ? scale : 1) }
  }
}
