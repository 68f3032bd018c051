import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// What a schedule leaves out when something fails.
@Suite struct ScheduleFailureTests {
  private typealias Sample = ScheduleSample

  private static let chain = Sample.plan(
    [Sample.table("root", pages: 1), Sample.table("child", pages: 1), Sample.table("grandchild", pages: 1)],
    parents: ["child": ["root"], "grandchild": ["child"]])

  @Test func `what refers to a table that failed is skipped, the others land`() {
    let tables = ["root", "child", "grandchild", "other"].map { Sample.table($0, pages: 1) }
    let made = Sample.plan(tables, parents: ["child": ["root"], "grandchild": ["child"]])
    let (done, skipped) = Sample.order(made, failing: ["root"])
    #expect(!done.contains("merge child"))
    #expect(!done.contains("merge grandchild"))
    #expect(done.contains("merge other"))
    let places = Dictionary(uniqueKeysWithValues: made.groups.enumerated().map { ($1.tables[0].name.name, $0) })
    #expect(skipped == [places["child"]!: places["root"]!, places["grandchild"]!: places["child"]!])
  }

  @Test func `a group that is being compared when its parent fails is skipped, with what refers to it`() {
    var schedule = WorkSchedule(Self.chain, goal: .landEach, workers: 2)
    var compared: Work?
    var merged: Work?
    while merged == nil || compared == nil, let work = schedule.next() {
      switch work {
      case .merge: merged = work
      case .compare(1, _): compared = work
      default: schedule.take(work.end)
      }
    }
    schedule.take(.merged(0, hasFailed: true))
    #expect(schedule.states[1] == .comparing(.without(0)))
    schedule.take(.compared(1, .compared))
    #expect(schedule.next() == nil)
    #expect(schedule.skipped == [1: 0, 2: 1])
    #expect(schedule.isFinished)
  }

  @Test func `a chunk that fails spares the table's other chunks`() {
    var schedule = WorkSchedule(Sample.plan([Sample.table("large", pages: 100, chunks: 4)]), goal: .landEach)
    guard case .copy(let chunk) = schedule.next() else {
      Issue.record("expected a chunk")
      return
    }
    schedule.take(.copied(chunk.table, hasFailed: true))
    #expect(schedule.isStagingComplete)
    guard case .compare = schedule.next() else {
      Issue.record("expected the group to be told")
      return
    }
  }

  @Test func `of a table whose parent has failed no more chunks are read, and the source is kept for those at work`() {
    let made = Sample.plan(
      [Sample.table("root", pages: 1), Sample.table("child", pages: 90, chunks: 5)], parents: ["child": ["root"]])
    var schedule = WorkSchedule(made, goal: .landEach, workers: 2)
    guard case .compare(0, _) = schedule.run(until: { if case .compare = $0 { true } else { false } }),
      let copy = schedule.next(), case .copy = copy
    else {
      Issue.record("expected the root to be compared while the child is copied")
      return
    }
    schedule.take(.compared(0, .failed))
    #expect(schedule.states == [.failed, .skipped(because: 0, copying: 1)])
    #expect(!schedule.isStagingComplete)
    #expect(schedule.next() == nil)
    schedule.take(copy.end)
    #expect(schedule.states[1] == .skipped(because: 0, copying: 0))
    #expect(schedule.isStagingComplete)
    #expect(schedule.isFinished)
  }

  @Test func `an end that does not fit a group's state ends the program, which names both`() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let plan = ScheduleSample.plan([ScheduleSample.table("t", pages: 1)])
      var schedule = WorkSchedule(plan, goal: .landEach)
      schedule.take(.merged(0, hasFailed: false))
    }
    let words = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(words.contains("group 0 is staging(unread: 1, copying: 0), and cannot take mergeLands"))
  }
}
