import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Tables that are loaded without a stage.
@Suite struct ScheduleLoadTests {
  private typealias Sample = ScheduleSample

  private static func isMerge(_ work: Work) -> Bool { if case .merge = work { true } else { false } }

  private func place(_ table: String, _ plan: SyncPlan) throws -> Int {
    try #require(plan.groups.firstIndex { $0.tables == [Sample.name(table)] })
  }

  @Test func `a table that is loaded directly waits for its parents, and is neither staged nor compared`() {
    let made = Sample.plan(
      [Sample.table("child", pages: 9), Sample.table("root", pages: 1)], parents: ["child": ["root"]])
    let done = Sample.order(made, loading: ["child"]).done
    let expected = [
      "copy root", "compare root", "merge root", "load child", "prove child", "cleanUp root", "cleanUp child",
    ]
    #expect(done == expected)
  }

  @Test func `a table that was loaded is cleaned before what refers to it is compared`() throws {
    let made = Sample.plan(
      [Sample.table("child", pages: 9), Sample.table("root", pages: 1)], parents: ["child": ["root"]])
    var schedule = WorkSchedule(made, goal: .landEach, workers: 2, direct: [Sample.name("root")])
    let root = try place("root", made)
    guard case .load([root]) = schedule.next(), case .copy = schedule.next() else {
      Issue.record("expected a load and a chunk")
      return
    }
    schedule.take(.loaded([root]))
    guard case .prove([root]) = schedule.next() else {
      Issue.record("expected the load to go on")
      return
    }
    schedule.take(.loadEnded([root], .landed))
    guard case .cleanUp([root]) = schedule.next() else {
      Issue.record("expected the loaded table to be cleaned")
      return
    }
  }

  // MARK: - Loads that begin early

  private func early(_ workers: Int, _ tables: [TablePlan], parents: [String: [String]]) -> (WorkSchedule, SyncPlan) {
    let made = Sample.plan(tables, parents: parents)
    let names = Set(tables.map(\.target))
    return (WorkSchedule(made, goal: .landEach, workers: workers, direct: names, early: names), made)
  }

  /// The tables of the loads that can begin now, without any of them ending.
  private func loads(_ schedule: inout WorkSchedule, _ plan: SyncPlan) -> [String] {
    var begun: [String] = []
    while case .load(let groups) = schedule.next() {
      begun.append(groups.map { plan.groups[$0].tables[0].name.name }.joined(separator: " "))
    }
    return begun
  }

  @Test(arguments: [(1, ["root"]), (2, ["leaf", "root"]), (3, ["leaf", "middle", "root"])])
  func `the largest tables are loaded before what they refer to, in all workers but one`(workers: Int, begun: [String])
  {
    let tables = [
      Sample.table("root", pages: 1), Sample.table("middle", pages: 20), Sample.table("leaf", pages: 90),
    ]
    var (schedule, made) = early(workers, tables, parents: ["middle": ["root"], "leaf": ["middle"]])
    #expect(loads(&schedule, made) == begun)
  }

  @Test func `a table that is smaller than what can be done else waits for what it refers to`() {
    let tables = [
      Sample.table("root", pages: 90), Sample.table("leaf", pages: 20), Sample.table("other", pages: 30),
    ]
    var (schedule, made) = early(2, tables, parents: ["leaf": ["root"]])
    #expect(loads(&schedule, made) == ["root", "other"])
  }

  @Test func `a table does not begin early if it would wait longer for the others than they take in all workers`() {
    let tables = ["a", "b", "c"].map { Sample.table($0, pages: 40) } + [Sample.table("leaf", pages: 50)]
    var (schedule, made) = early(2, tables, parents: ["leaf": ["a", "b", "c"]])
    #expect(loads(&schedule, made) == ["a", "b"])
  }

  /// `leaf` is loaded beside `root`, to which it refers; `other` and `below` are still to be done.
  private func beganEarly() throws -> (schedule: WorkSchedule, root: Int, leaf: Int, below: Int) {
    let tables = ["root", "other", "below"].map { Sample.table($0, pages: 1) } + [Sample.table("leaf", pages: 90)]
    var (schedule, made) = early(2, tables, parents: ["leaf": ["root"], "below": ["leaf"]])
    #expect(loads(&schedule, made) == ["leaf", "root"])
    return (schedule, try place("root", made), try place("leaf", made), try place("below", made))
  }

  @Test
  func
    `a load that has begun early is analyzed while it waits, keeps its worker, and is proved when its parent has landed`()
    throws
  {
    var (schedule, root, leaf, _) = try beganEarly()
    schedule.take(.loaded([leaf]))
    guard case .analyze([leaf]) = schedule.next() else {
      Issue.record("expected the time to be used")
      return
    }
    schedule.take(.analyzed([leaf]))
    // Both workers are taken: one works, one holds the transaction.
    #expect(schedule.next() == nil)
    schedule.take(.loaded([root]))
    guard case .prove([root]) = schedule.next() else {
      Issue.record("expected the parent to be proved")
      return
    }
    #expect(schedule.next() == nil)
    schedule.take(.loadEnded([root], .landed))
    guard case .prove([leaf]) = schedule.next() else {
      Issue.record("expected the proof")
      return
    }
    schedule.take(.loadEnded([leaf], .landed))
    #expect(schedule.run() == nil)
    #expect(schedule.states.allSatisfy { $0 == .cleaned })
  }

  @Test func `a load whose parents land while its rows are copied is proved at once`() throws {
    var (schedule, root, leaf, _) = try beganEarly()
    schedule.take(.loaded([root]))
    guard case .prove([root]) = schedule.next() else {
      Issue.record("expected the parent to be proved")
      return
    }
    schedule.take(.loadEnded([root], .landed))
    schedule.take(.loaded([leaf]))
    guard case .prove([leaf]) = schedule.next() else {
      Issue.record("expected the proof")
      return
    }
  }

  /// Gives the load of `root` up, and fails it when it is compared.
  private func fail(_ root: Int, _ schedule: inout WorkSchedule) {
    schedule.take(.loadEnded([root], .givenUp(culprit: nil)))
    let work = schedule.run { if case .compare(root, _) = $0 { true } else { false } }
    guard case .compare? = work else {
      Issue.record("expected the root to be compared")
      return
    }
    schedule.take(.compared(root, .failed))
  }

  @Test func `a load that waits for what fails is rolled back, and skipped with what refers to it`() throws {
    var (schedule, root, leaf, below) = try beganEarly()
    schedule.take(.loaded([leaf]))
    guard case .analyze([leaf]) = schedule.next() else {
      Issue.record("expected the time to be used")
      return
    }
    fail(root, &schedule)
    #expect(schedule.states[leaf] == .analyzing(.init(failedParent: root)))
    schedule.take(.analyzed([leaf]))
    guard case .rollBack([leaf]) = schedule.next() else {
      Issue.record("expected a rollback")
      return
    }
    schedule.take(.loadEnded([leaf], .givenUp(culprit: nil)))
    #expect(schedule.run() == nil)
    #expect(schedule.skipped == [leaf: root, below: leaf])
    #expect(schedule.isStagingComplete)
    #expect(schedule.isFinished)
  }

  @Test func `a load that is given up after what it refers to has failed is skipped, and not staged`() throws {
    var (schedule, root, leaf, below) = try beganEarly()
    fail(root, &schedule)
    schedule.take(.loadEnded([leaf], .givenUp(culprit: nil)))
    #expect(schedule.run() == nil)
    #expect(schedule.skipped == [leaf: root, below: leaf])
    #expect(schedule.isStagingComplete)
  }

  // MARK: - Loads that share a transaction

  private func small(_ names: String...) -> [TablePlan] {
    names.map { Sample.table($0, pages: 1, isSmall: true) }
  }

  @Test func `small tables are loaded together, with those that refer to them and not to others`() {
    let tables = small("a", "b", "child", "below") + [Sample.table("large", pages: 9)]
    var (schedule, made) = early(2, tables, parents: ["child": ["a", "b"], "below": ["large"]])
    #expect(loads(&schedule, made) == ["large", "a b child"])
  }

  @Test func `a small table does not begin before what it refers to has landed`() {
    let tables = [Sample.table("root", pages: 0)] + small("leaf")
    var (schedule, made) = early(2, tables, parents: ["leaf": ["root"]])
    #expect(loads(&schedule, made) == ["root"])
  }

  @Test func `the table that stood in the way is staged, the others are tried once more without it`() {
    let done = Sample.order(
      Sample.plan(small("a", "bad", "c")), loading: ["a", "bad", "c"], failing: ["bad"]
    ).done
    #expect(done.prefix(2) == ["load a bad c", "prove a bad c"])
    #expect(done.contains("load a c"))
    #expect(done.contains("merge bad"))
    #expect(!done.contains("copy a"))
  }

  @Test func `whoever was in a load that failed twice is staged`() {
    let done = Sample.order(
      Sample.plan(small("a", "bad", "worse")), loading: ["a", "bad", "worse"], failing: ["bad", "worse"]
    ).done
    #expect(done.filter { $0.hasPrefix("load") } == ["load a bad worse", "load a worse"])
    #expect(done.contains("merge a"))
  }

  @Test func `a small table that refers to the one that stood in the way waits for it`() {
    let done = Sample.order(
      Sample.plan(small("bad", "child"), parents: ["child": ["bad"]]), loading: ["bad", "child"], failing: ["bad"]
    ).done
    #expect(done.first == "load bad child")
    // It fails in its merge as well.
    #expect(!done.contains("load child"))
  }

  // MARK: - Loads that do not land

  @Test func `a direct load that is given up is staged`() {
    let done = Sample.order(
      Sample.plan([Sample.table("large", pages: 9, chunks: 2)]), loading: ["large"], failing: ["large"]
    ).done
    #expect(done == ["load large", "prove large", "copy large", "copy large", "compare large", "merge large"])
  }

  @Test func `the source is kept until the last direct load has landed`() {
    var schedule = WorkSchedule(
      Sample.plan([Sample.table("large", pages: 9)]), goal: .landEach, direct: [Sample.name("large")])
    guard case .prove(let groups) = schedule.run(until: { if case .prove = $0 { true } else { false } }) else {
      Issue.record("expected a load")
      return
    }
    #expect(!schedule.isStagingComplete)
    schedule.take(.loadEnded(groups, .landed))
    #expect(schedule.isStagingComplete)
  }

  @Test func `a table to load whose parent failed is skipped, and does not keep the source`() {
    let made = Sample.plan(
      [Sample.table("child", pages: 9), Sample.table("root", pages: 1)], parents: ["child": ["root"]])
    var schedule = WorkSchedule(made, goal: .landEach, direct: [Sample.name("child")])
    guard case .merge(0) = schedule.run(until: Self.isMerge) else {
      Issue.record("expected the root's merge")
      return
    }
    schedule.take(.merged(0, hasFailed: true))
    #expect(schedule.next() == nil)
    #expect(schedule.skipped == [1: 0])
    #expect(schedule.isStagingComplete)
  }
}
