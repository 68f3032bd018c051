import PostgresValues

/// What is wrong with the servers as a whole, and what the user should know of them.
package struct ServerCheck {
  package let source: SourceFacts
  package let target: TargetFacts
  /// Connections that move rows, beside the run's own, to each end.
  package let workers: Int
  /// A check writes to temporary tables at most.
  package let checksWriting: Bool

  /// The versions that pgtide is tried with, as a source and as a target: those are what may be relied on.
  package static let triedSources = 13...18
  package static let triedTargets = 14...18

  /// Servers that are too old. A version is as the protocol tells it: 150004 is 15.4.
  package static func versions(source: Int, target: Int) -> [PlanProblem] {
    [("source", source, triedSources), ("target", target, triedTargets)].compactMap { end, version, tried in
      guard version / 10_000 < tried.lowerBound else { return nil }
      return PlanProblem(
        problem: "the \(end) is PostgreSQL \(version / 10_000)",
        advice: "pgtide was not tried with it: it takes \(tried.lowerBound) or later as a \(end)")
    }
  }

  /// What is to be said of versions that are taken all the same. A later one than was tried is likely to do.
  package static func versionNotices(source: Int, target: Int) -> [String] {
    let (source, target) = (source / 10_000, target / 10_000)
    let old =
      source == 13
      ? ["the source is PostgreSQL 13, whose support ended in November 2025: it gets no more fixes. Upgrade it"] : []
    return old
      + [("source", source, triedSources), ("target", target, triedTargets)].compactMap { end, version, tried in
        guard version > tried.upperBound else { return nil }
        return "the \(end) is PostgreSQL \(version), and pgtide was tried up to \(tried.upperBound): look at the first "
          + "runs' reports with care"
      }
  }

  package var problems: [PlanProblem] {
    ends.flatMap { end in
      schemas(end)
        + ConnectionCheck(end: end.name, limits: end.catalog.server.limits, workers: workers).problems
    } + (checksWriting ? writability : [])
  }

  package var notices: [String] {
    ends.flatMap { end in
      [end.pooler.notice(end.name)].compactMap(\.self)
        + ConnectionCheck(end: end.name, limits: end.catalog.server.limits, workers: workers).notices
        + [LockRoomCheck(end: end.name, catalog: end.catalog).notice].compactMap(\.self)
    } + standby + (checksWriting ? [] : standbyTarget)
      + Self.versionNotices(source: source.catalog.server.version, target: target.catalog.server.version)
  }

  private var ends: [(name: String, catalog: Catalog, pooler: Pooler)] {
    [("source", source.catalog, source.pooler), ("target", target.catalog, target.pooler)]
  }

  /// Schemas whose tables stand there, but cannot be named by the session's user.
  private func schemas(_ end: (name: String, catalog: Catalog, pooler: Pooler)) -> [PlanProblem] {
    let user = end.catalog.server.user
    return Set(end.catalog.tables.values.filter { !$0.canUseSchema }.map(\.name.schema)).sorted().map { schema in
      PlanProblem(
        problem: "\(user) may not use the schema \(schema) on the \(end.name)",
        advice: "GRANT USAGE ON SCHEMA \(schema.quoted) TO \(Identifier(user).quoted)")
    }
  }

  private var writability: [PlanProblem] {
    let server = target.catalog.server
    if server.isStandby {
      return [PlanProblem(problem: "the target is a standby, which takes no writes", advice: "Connect to its primary")]
    }
    guard server.isReadOnly else { return [] }
    return [
      PlanProblem(
        problem: "the target's transactions are read-only (default_transaction_read_only is on)",
        advice: "Hosted services set it when the disk is full: make room first. Otherwise somebody set it for the "
          + "database (ALTER DATABASE \(Identifier(server.database).quoted) RESET default_transaction_read_only), "
          + "the role \(server.user), or in the connection string")
    ]
  }

  private var standbyTarget: [String] {
    guard target.catalog.server.isStandby else { return [] }
    return [
      "the target is a standby: tables can be compared by their digests only, as it takes no temporary tables. What "
        + "its primary has written since is not seen"
    ]
  }

  private var standby: [String] {
    let server = source.catalog.server
    guard server.isStandby else { return [] }
    let patience = server.standbyDelay == "-1" ? "never" : "after \(server.standbyDelay)"
    let feedback = server.hasStandbyFeedback ? "on" : "off"
    return [
      "the source is a standby: a read in the way of its replay is cancelled \(patience) (max_standby_streaming_delay; "
        + "hot_standby_feedback is \(feedback)). A run that is cancelled so can be repeated"
    ]
  }
}
