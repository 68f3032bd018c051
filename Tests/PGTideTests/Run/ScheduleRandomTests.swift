import Fuzzing
import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Tables that refer to each other at random, in rings too, worked at on several workers, of which any may end next.
@Suite struct ScheduleRandomTests {
  private typealias Sample = ScheduleSample

  /// A schedule, what is at work, and what has been seen of it.
  private struct Run {
    let plan: SyncPlan
    let workers: Int
    var schedule: WorkSchedule
    var running: [Work] = []
    /// Loads between two works, whose transactions are open.
    var held: Set<Int> = []
    var begun: [String: Int] = [:]
    var landed: Set<Int>

    func parentsHaveLanded(_ group: Int, or others: [Int] = []) -> Bool {
      landed.union(others).isSuperset(of: plan.groups[group].parents)
    }

    mutating func begin(_ work: Work) {
      running.append(work)
      begun[work.key, default: 0] += 1
      switch work {
      case .copy(let chunk):
        let group = plan.groups.firstIndex { $0.tables.contains(chunk.table) }
        #expect(group.map { schedule.states[$0].isLost } == false, "\(chunk.table) is read, and will not land")
        #expect(!schedule.isStagingComplete)
      case .load(let load):
        #expect(!schedule.isStagingComplete)
        #expect(load.count == 1 || load.allSatisfy { parentsHaveLanded($0, or: load) })
      case .analyze(let load), .rollBack(let load):
        #expect(held.remove(load[0]) != nil)
        #expect(!load.allSatisfy { parentsHaveLanded($0, or: load) })
      case .prove(let load):
        #expect(held.remove(load[0]) != nil)
        #expect(load.allSatisfy { parentsHaveLanded($0, or: load) })
      case .compare(let group, let mayLand): #expect(!mayLand || parentsHaveLanded(group))
      case .merge(let group): #expect(parentsHaveLanded(group))
      case .cleanUp(let groups): #expect(landed.isSuperset(of: groups))
      }
      #expect(running.count + held.count <= workers)
    }

    mutating func end(_ work: Work, fails: Bool, landsAtOnce: Bool) {
      var end = work.end
      switch work {
      case .copy(let chunk): end = .copied(chunk.table, hasFailed: fails)
      case .load(let load), .analyze(let load):
        if fails { end = givenUp(load) } else { held.insert(load[0]) }
      case .prove(let load): if fails { end = givenUp(load) } else { land(load) }
      case .compare(let group, let mayLand):
        if fails { end = .compared(group, .failed) }
        if !fails, mayLand, landsAtOnce {
          end = .compared(group, .landed)
          land([group])
        }
      case .merge(let group):
        end = .merged(group, hasFailed: fails)
        if !fails { land([group]) }
      case .rollBack, .cleanUp: break
      }
      schedule.take(end)
    }

    private func givenUp(_ load: [Int]) -> WorkEnd {
      .loadEnded(load, .givenUp(culprit: load.last.map { plan.groups[$0].tables[0] }))
    }

    private mutating func land(_ groups: [Int]) {
      for group in groups { #expect(landed.insert(group).inserted, "group \(group) lands twice") }
    }
  }

  private func makeRun(_ random: inout SeededGenerator) -> Run {
    let tables = (0..<random.below(12) + 1).map { number in
      Sample.table(
        "t\(number)", pages: random.below(91), chunks: random.below(3) + 1, isSmall: random.chance(2))
    }
    // Most refer to tables before them, some to any, which makes rings.
    let makesRings = random.chance(2)
    let parents = Dictionary(
      uniqueKeysWithValues: tables.indices.map { place in
        let others = makesRings && random.chance(4) ? tables[...] : tables[..<place]
        return (tables[place].label, others.map(\.label).filter { _ in random.chance(4) })
      })
    let plan = Sample.plan(tables, parents: parents)
    let alone = plan.groups.filter { $0.tables.count == 1 }.map { $0.tables[0] }
    let direct = Set(alone.filter { _ in random.chance(2) })
    let landed = Set(alone.filter { _ in random.chance(8) })
    let workers = random.below(4) + 1
    let schedule = WorkSchedule(
      plan, goal: .landEach, workers: workers, direct: direct, early: direct.filter { _ in random.chance(2) },
      landed: landed)
    return Run(
      plan: plan, workers: workers, schedule: schedule,
      landed: Set(plan.groups.indices.filter { plan.groups[$0].tables.allSatisfy(landed.contains) }))
  }

  @Test(arguments: 0..<400)
  func `each table comes to one end, after what it refers to, and no work is done twice`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var run = makeRun(&random)
    let level = run.landed
    while true {
      while let work = run.schedule.next() { run.begin(work) }
      guard !run.running.isEmpty else { break }
      run.end(
        run.running.remove(at: random.below(run.running.count)), fails: random.chance(8), landsAtOnce: random.chance(2))
    }
    #expect(run.schedule.isFinished, "\(run.schedule.states)")
    #expect(run.schedule.isStagingComplete)
    #expect(run.held.isEmpty)
    for (group, state) in run.schedule.states.enumerated() {
      let parents = run.plan.groups[group].parents
      switch state {
      case .cleaned: #expect(run.landed.contains(group) && parents.allSatisfy(run.landed.contains))
      case .level: #expect(level.contains(group))
      case .skipped(let parent, _):
        #expect(!run.landed.contains(group))
        #expect(parents.contains(parent) && run.schedule.states[parent].isLost)
      default:
        #expect(state == .failed)
        #expect(!run.landed.contains(group))
      }
    }
    for (work, times) in run.begun where times > 1 {
      // What shared a transaction with a table that stood in the way may do so once more.
      #expect(times == 2 && (work.hasPrefix("load") || work.hasPrefix("analyze")), "\(work), \(times) times")
    }
  }

  @Test func `the chances are such that every state is met`() {
    var met: Set<String> = []
    for seed in 0..<400 {
      var random = SeededGenerator(seed: UInt64(seed))
      var run = makeRun(&random)
      while true {
        while let work = run.schedule.next() { run.begin(work) }
        met.formUnion(run.schedule.states.map(\.name))
        guard !run.running.isEmpty else { break }
        run.end(run.running.remove(at: random.below(run.running.count)), fails: random.chance(8), landsAtOnce: false)
      }
    }
    #expect(met.isSuperset(of: GroupState.samples.map(\.name)), "\(met)")
  }
}

extension Work {
  fileprivate var key: String {
    switch self {
    case .copy(let chunk): "copy \(chunk.table.name.name) \(chunk.number)"
    case .load(let load): "load \(load)"
    case .analyze(let load): "analyze \(load)"
    case .prove(let load): "prove \(load)"
    case .rollBack(let load): "roll back \(load)"
    case .compare(let group, _): "compare \(group)"
    case .merge(let group): "merge \(group)"
    case .cleanUp(let groups): "cleanUp \(groups)"
    }
  }
}
