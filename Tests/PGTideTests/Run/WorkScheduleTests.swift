import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// What is done when: staging, comparing, merging.
@Suite struct WorkScheduleTests {
  private typealias Sample = ScheduleSample

  private static let parentAndChild = Sample.plan(
    [Sample.table("child", pages: 9), Sample.table("root", pages: 1)], parents: ["child": ["root"]])

  @Test func `what the most work waits for goes first`() {
    let tables = [
      Sample.table("large", pages: 100), Sample.table("root", pages: 1), Sample.table("child", pages: 200),
    ]
    let done = Sample.order(Sample.plan(tables, parents: ["child": ["root"]])).done
    #expect(done.first == "copy root")
    #expect(done.firstIndex(of: "copy child")! < done.firstIndex(of: "copy large")!)
  }

  @Test func `a child merges after its parent has landed`() {
    let done = Sample.order(Self.parentAndChild).done
    #expect(done.firstIndex(of: "merge root")! < done.firstIndex(of: "merge child")!)
  }

  @Test func `a child is compared while its parent still merges, and may not land with that`() {
    var schedule = WorkSchedule(Self.parentAndChild, goal: .landEach, workers: 2)
    guard case .merge(0) = schedule.run(until: { if case .merge = $0 { true } else { false } }) else {
      Issue.record("expected the parent's merge")
      return
    }
    var compared: [Bool] = []
    while let work = schedule.next() {
      if case .compare(1, let mayLand) = work { compared.append(mayLand) }
      schedule.take(work.end)
    }
    #expect(compared == [false])
    #expect(schedule.states == [.merging, .compared])
  }

  @Test func `where nothing is to be written, a table lands with its comparison, and what refers to it after it`() {
    var schedule = WorkSchedule(Self.parentAndChild, goal: .landEach)
    var compared: [Bool] = []
    while let work = schedule.next() {
      switch work {
      case .compare(let group, let mayLand):
        compared.append(mayLand)
        schedule.take(.compared(group, .landed))
      case .copy, .cleanUp: schedule.take(work.end)
      default: Issue.record("unexpected: \(work)")
      }
    }
    #expect(compared == [true, true])
  }

  @Test func `a dry run compares and does nothing else`() {
    let done = Sample.order(Self.parentAndChild, goal: .compareOnly).done
    #expect(done.allSatisfy { $0.hasPrefix("copy") || $0.hasPrefix("compare") })
    #expect(done.count == 4)
  }

  @Test func `workers that are all taken get no more work`() {
    var schedule = WorkSchedule(Sample.plan([Sample.table("large", pages: 9, chunks: 3)]), goal: .landEach, workers: 2)
    let begun = [schedule.next(), schedule.next()].compactMap(\.self)
    #expect(begun.count == 2)
    #expect(schedule.next() == nil)
    schedule.take(begun[0].end)
    #expect(schedule.next() != nil)
  }

  // MARK: - Cleanup

  @Test func `every table that lands is cleaned once`() {
    let done = Sample.order(Self.parentAndChild).done
    #expect(done.filter { $0.hasPrefix("cleanUp") }.sorted() == ["cleanUp child", "cleanUp root"])
  }

  private func cleaned(_ tables: [TablePlan], workers: Int) -> [[String]] {
    var schedule = WorkSchedule(
      Sample.plan(tables), goal: .landEach, workers: workers, direct: Set(tables.map(\.target)))
    func isCleaningUp(_ work: Work) -> Bool { if case .cleanUp = work { true } else { false } }
    var cleaned: [[String]] = []
    var work = schedule.run(until: isCleaningUp)
    while case .cleanUp(let groups) = work {
      cleaned.append(groups.map { tables[$0].target.name.name })
      schedule.take(.cleaned(groups))
      work = schedule.next()
    }
    return cleaned
  }

  @Test(arguments: [(1, [4]), (2, [2, 1, 1]), (4, [1, 1, 1, 1])])
  func `what can be cleaned is shared out among the workers`(workers: Int, shares: [Int]) {
    #expect(cleaned(["a", "b", "c", "d"].map { Sample.table($0, pages: 1) }, workers: workers).map(\.count) == shares)
  }

  @Test func `the largest table is cleaned by itself, with what is small beside it`() {
    let tables = [
      Sample.table("small", pages: 10), Sample.table("large", pages: 500), Sample.table("middle", pages: 300),
    ]
    #expect(cleaned(tables, workers: 2) == [["small", "large"], ["middle"]])
  }
}
