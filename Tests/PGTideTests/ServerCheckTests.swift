import Testing

@testable import PGTide

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

  private func check(most: Int, used: Int, lanes: Int) -> ConnectionCheck {
    ConnectionCheck(
      end: "target", limits: [ConnectionLimit(scope: .role("tide"), most: most, used: used)], lanes: lanes)
  }

  @Test func `a limit that the run fits in is nothing to speak of`() {
    let check = check(most: 5, used: 1, lanes: 4)
    #expect(check.problems.isEmpty)
    #expect(check.notices.isEmpty)
  }

  @Test func `a limit below what the run needs is a problem, whoever else is there`() {
    let check = check(most: 4, used: 1, lanes: 4)
    #expect(
      check.problems.map(\.advice) == [#"Use --jobs 3, or raise the limit: ALTER ROLE "tide" CONNECTION LIMIT 5"#])
    #expect(check.notices.isEmpty)
  }

  @Test func `a limit that leaves no room for a job is advised to be raised only`() {
    #expect(
      check(most: 1, used: 1, lanes: 2).problems.map(\.advice)
        == [#"Raise the limit: ALTER ROLE "tide" CONNECTION LIMIT 3"#])
  }

  @Test func `a limit that others have used up is a remark`() {
    let check = check(most: 10, used: 8, lanes: 4)
    #expect(check.problems.isEmpty)
    #expect(check.notices.count == 1)
    #expect(check.notices.first?.contains("2 connections left for the role tide (8 of 10 are open)") == true)
  }

  @Test func `a server that lets everybody in is described as such`() {
    let check = ConnectionCheck(
      end: "source", limits: [ConnectionLimit(scope: .server, most: 2, used: 1)], lanes: 2)
    #expect(check.problems.map(\.problem).first?.contains("allows 2 connections for all") == true)
  }
}
