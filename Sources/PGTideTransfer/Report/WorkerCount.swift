import Postgres

/// How many workers a run has, and why not as many as it was to have.
package struct WorkerCount: Sendable, Equatable {
  package private(set) var count: Int
  package private(set) var notices: [String] = []

  /// - Parameter planned: for which there was room when the run was planned; the plan has said why.
  package init(wanted: Int, planned: Int) {
    count = min(wanted, planned)
  }

  /// Takes note that an end gave no more connections than `opened`, and of its words.
  package mutating func note(_ opened: Int, of asked: Int, from end: EndName, because refusal: PostgresError) {
    guard opened < asked else { return }
    let before = count
    count = min(count, opened)
    let connections = ConnectionCheck.count(asked, "connection")
    notices.append(
      "the \(end) did not give the run the \(connections) for its jobs that it asked for (\(refusal.inOneLine)): it worked "
        + "with \(ConnectionCheck.count(count, "job")) instead of \(before)")
  }

  /// The settings of a run with so many workers.
  package func applied(to settings: RunSettings) -> RunSettings {
    var settings = settings
    settings.jobs = count
    return settings
  }

  /// Why a run cannot work at all.
  package static func none(from end: EndName, _ cause: PostgresError) -> SyncError {
    SyncError(
      message: "the \(end) gives the run no second connection: \(cause)",
      advice: "A run needs 2 to each end at least, one of its own and one for a job: close others, or raise the limit "
        + "of the server, the database, the role or the pooler",
      cause: cause)
  }
}
