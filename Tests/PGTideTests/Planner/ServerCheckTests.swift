import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct ServerCheckTests {
  @Test(arguments: [(130_000, 0), (129_999, 1), (90_624, 1), (150_004, 0), (180_006, 0), (190_000, 0)])
  func `a source older than 13 is refused`(version: Int, problems: Int) {
    #expect(ServerCheck.versions(source: version, target: 150_000).count == problems)
  }

  @Test(arguments: [(140_000, 0), (139_999, 1), (130_004, 1), (150_004, 0), (180_006, 0), (190_000, 0)])
  func `a target older than 14 is refused`(version: Int, problems: Int) {
    let refused = ServerCheck.versions(source: 150_000, target: version)
    #expect(refused.count == problems)
    #expect(refused.allSatisfy { $0.advice.contains("14 or later as a target") })
  }

  @Test func `a source whose support has ended is taken with a remark`() {
    let notices = ServerCheck.versionNotices(source: 130_004, target: 140_000)
    #expect(notices.count == 1)
    #expect(notices.first?.contains("the source is PostgreSQL 13, whose support ended") == true)
  }

  @Test(arguments: [140_000, 150_004, 160_015, 170_011, 180_006])
  func `versions that were tried are nothing to speak of`(version: Int) {
    #expect(ServerCheck.versionNotices(source: version, target: version).isEmpty)
  }

  @Test func `a version later than those that were tried is taken with a remark for each end`() {
    let notices = ServerCheck.versionNotices(source: 190_000, target: 200_001)
    #expect(notices.count == 2)
    #expect(notices.first?.contains("the source is PostgreSQL 19, and pgtide was tried up to 18") == true)
    #expect(notices.last?.contains("the target is PostgreSQL 20") == true)
  }

  @Test func `both old servers are named with their versions`() {
    let problems = ServerCheck.versions(source: 120_011, target: 110_000)
    #expect(problems.map(\.problem) == ["the source is PostgreSQL 12", "the target is PostgreSQL 11"])
  }

  private func check(
    most: Int, used: Int, workers: Int, _ scope: ConnectionLimit.Scope = .role("tide")
  ) -> ConnectionCheck {
    ConnectionCheck(end: "target", limits: [ConnectionLimit(scope: scope, most: most, used: used)], workers: workers)
  }

  @Test func `a limit that the run fits in is nothing to speak of`() {
    let check = check(most: 5, used: 1, workers: 4)
    #expect(check.problems.isEmpty)
    #expect(check.notices.isEmpty)
    #expect(check.granted == 4)
  }

  @Test func `a limit without room for a job is a problem, whoever else is there`() {
    let check = check(most: 1, used: 1, workers: 2)
    #expect(check.problems.map(\.advice) == [#"Raise the limit: ALTER ROLE "tide" CONNECTION LIMIT 3"#])
    #expect(check.problems.first?.problem.contains("allows 1 connection for the role tide") == true)
    #expect(check.notices.isEmpty)
  }

  @Test func `the last connection of a role is left to others where there are others`() {
    let alone = check(most: 4, used: 1, workers: 4)
    #expect(alone.granted == 3)
    #expect(alone.notices.first?.hasSuffix("the run works with 3 jobs instead of 4") == true)
    let beside = check(most: 4, used: 2, workers: 4)
    #expect(beside.granted == 1)
    #expect(
      beside.notices == [
        "the target has 2 connections left for the role tide (2 of 4 are open): the run works with 1 job instead of 4, "
          + "and leaves one connection to others"
      ])
  }

  @Test(arguments: [ConnectionLimit.Scope.server, .database("app"), .pooler])
  func `the last connection of all is left to others, though none is there now`(_ scope: ConnectionLimit.Scope) {
    #expect(check(most: 5, used: 1, workers: 4, scope).granted == 3)
    #expect(check(most: 6, used: 1, workers: 4, scope).granted == 4)
    #expect(check(most: 6, used: 1, workers: 4, scope).notices.isEmpty)
  }

  @Test func `one worker is tried though no connection is free, and the plan says so`() {
    let check = check(most: 10, used: 10, workers: 4)
    #expect(check.granted == 1)
    #expect(check.problems.isEmpty)
    #expect(check.notices.count == 1)
    #expect(check.notices.first?.contains("and the run needs one more: it fails if none becomes free") == true)
  }

  @Test func `the last connection of all is taken where the run needs it`() {
    let check = check(most: 10, used: 9, workers: 1, .server)
    #expect(check.granted == 1)
    #expect(check.notices.isEmpty)
  }

  @Test func `of several limits the narrowest counts`() {
    let limits = [
      ConnectionLimit(scope: .server, most: 100, used: 3), ConnectionLimit(scope: .database("app"), most: 5, used: 2),
    ]
    let check = ConnectionCheck(end: "source", limits: limits, workers: 4)
    #expect(check.granted == 2)
    #expect(check.notices.count == 1)
  }

  @Test func `an end that gives fewer connections than it was asked for is told, with its words`() {
    var workers = WorkerCount(wanted: 8, planned: 4)
    workers.note(.init(count: 4, refusal: nil), of: 4, from: .source)
    #expect(workers.count == 4)
    #expect(workers.notices.isEmpty)
    let refusal = PostgresError(kind: .cannotConnect, connection: "target connection 3", message: "FATAL: sorry")
    workers.note(.init(count: 1, refusal: refusal), of: 4, from: .target)
    #expect(workers.count == 1)
    #expect(
      workers.notices == [
        "the target did not give the run the 4 connections for its jobs that it asked for (FATAL: sorry): it worked with "
          + "1 job instead of 4"
      ])
  }
}
