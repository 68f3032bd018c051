import Fuzzing
import Postgres
import Testing

@testable import PGTide

/// A plan of small tables, each with the tables that it refers to.
@Suite struct WorkScheduleTests {
  private func name(_ table: String) -> QualifiedName { QualifiedName("public", table) }

  private func table(_ name: String, pages: Int, chunks: Int = 1, isSmall: Bool = false) -> TablePlan {
    let target = self.name(name)
    let piece = SourcePlan.Piece(from: "t", pages: pages, rows: nil)
    let source = SourcePlan(
      origin: .relation(target), kind: .table, filter: nil, pieces: [piece], estimatedRows: nil, bytes: pages * 8192,
      partitions: [], oneStreamBecause: nil)
    let chunks = (1...chunks).map {
      Chunk(
        table: target, number: $0, query: "SELECT", format: .binary, bytes: pages * 8192 / chunks, isCutOnTheWay: false)
    }
    return TablePlan(
      target: target, label: name, flow: "f", source: source, columns: [],
      key: KeyPlan(columns: [], equality: [], index: ""),
      origin: nil, createdStamp: nil, updatedStamp: nil, references: [], duplicates: .rejectAll,
      stage: StageTable(flow: "f", table: target, columns: []), format: .binary, chunks: chunks,
      overridesIdentity: false,
      counters: CounterPlan(relation: 1, unusable: nil), hasBeforeTriggers: false, rewrites: .none,
      integrity: IntegrityPlan(reasonForTriggers: nil, facts: IntegrityFacts()),
      direct: DirectLoadPlan(
        reasonForStage: nil, seemsEmpty: true, isSmall: isSmall, stamps: [], blockSize: 8192),
      digest: DigestPlan(reasonForReading: nil, estimatedRows: 0), analysis: AnalyzePlan(isAllowed: true), notices: [])
  }

  private func plan(_ tables: [TablePlan], parents: [String: [String]] = [:]) -> SyncPlan {
    let edges = Dictionary(
      uniqueKeysWithValues: tables.map { ($0.target, Set((parents[$0.label] ?? []).map(name))) })
    let server = ServerFacts(
      version: 150_000, blockSize: 8192, isStandby: false, user: "u", database: "d", countsTuples: true)
    return SyncPlan(
      flow: "f", tables: tables, groups: MergeOrder.groups(tables.map(\.target), parents: edges), source: server,
      target: server, house: HouseFacts(QueryResult.none), metadata: nil, notices: [],
      sourceFacts: SourceFacts(
        catalog: Catalog(server: server, tables: [:]), pooler: .none, described: [:], types: [:]))
  }

  /// Runs a schedule on one lane, and tells in words what was done. Groups in `failing` fail when they merge.
  private func order(
    _ plan: SyncPlan, goal: WorkSchedule.Goal = .merge, loading: Set<String> = [], failing: Set<String> = []
  ) -> (done: [String], skipped: [Int: Int]) {
    var schedule = WorkSchedule(plan, goal: goal, direct: Set(loading.map(name)))
    var done: [String] = []
    while let work = schedule.next() {
      switch work {
      case .copy(let chunk):
        done.append("copy \(chunk.table.name)")
        schedule.finishCopy(of: chunk.table, hasFailed: false)
      case .load(let groups):
        let names = groups.map { plan.groups[$0].tables[0].name.name }
        done.append("load \(names.joined(separator: " "))")
        let culprit = names.first(where: failing.contains)
        schedule.finishLoad(of: groups, culprit.map { .givenUp(culprit: name($0)) } ?? .landed)
      case .compare(let group, _):
        done.append("compare \(plan.groups[group].tables[0].name)")
        schedule.finishCompare(of: group, .compared)
      case .merge(let group):
        let name = plan.groups[group].tables[0].name.name
        done.append("merge \(name)")
        schedule.finishMerge(of: group, hasFailed: failing.contains(name))
      case .tidy(let groups): done += groups.map { "tidy \(plan.groups[$0].tables[0].name)" }
      }
    }
    return (done, schedule.skipped)
  }

  @Test func `what the most work waits for goes first`() {
    let tables = [table("large", pages: 100), table("root", pages: 1), table("child", pages: 200)]
    let done = order(plan(tables, parents: ["child": ["root"]])).done
    #expect(done.first == "copy root")
    #expect(done.firstIndex(of: "copy child")! < done.firstIndex(of: "copy large")!)
  }

  @Test func `a child merges after its parent has landed`() {
    let done = order(plan([table("child", pages: 9), table("root", pages: 1)], parents: ["child": ["root"]])).done
    #expect(done.firstIndex(of: "merge root")! < done.firstIndex(of: "merge child")!)
  }

  @Test func `a child is compared while its parent still merges`() {
    var schedule = WorkSchedule(
      plan([table("child", pages: 9), table("root", pages: 1)], parents: ["child": ["root"]]), goal: .merge)
    var running: [String] = []
    while let work = schedule.next() {
      switch work {
      case .copy(let chunk): schedule.finishCopy(of: chunk.table, hasFailed: false)
      case .compare(let group, _):
        running.append("compare \(group)")
        schedule.finishCompare(of: group, .compared)
      case .merge(let group): running.append("merge \(group)")  // and it does not end
      case .load, .tidy: break
      }
    }
    #expect(running == ["compare 0", "merge 0", "compare 1"])
  }

  @Test func `what refers to a table that failed is skipped, the others land`() {
    let tables = [
      table("root", pages: 1), table("child", pages: 1), table("grandchild", pages: 1), table("other", pages: 1),
    ]
    let made = plan(tables, parents: ["child": ["root"], "grandchild": ["child"]])
    let (done, skipped) = order(made, failing: ["root"])
    #expect(!done.contains("merge child"))
    #expect(!done.contains("merge grandchild"))
    #expect(done.contains("merge other"))
    let root = made.groups.firstIndex { $0.tables == [name("root")] }
    #expect(skipped.count == 2)
    #expect(skipped.values.contains(root!))
  }

  @Test func `a table that is loaded directly waits for its parents, and is neither staged nor compared`() {
    let done = order(
      plan([table("child", pages: 9), table("root", pages: 1)], parents: ["child": ["root"]]), loading: ["child"]
    ).done
    #expect(done == ["copy root", "compare root", "merge root", "load child", "tidy root", "tidy child"])
  }

  // MARK: - Loads that begin early

  private func early(_ lanes: Int, _ tables: [TablePlan], parents: [String: [String]]) -> (WorkSchedule, SyncPlan) {
    let made = plan(tables, parents: parents)
    let names = Set(tables.map(\.target))
    return (WorkSchedule(made, goal: .merge, lanes: lanes, direct: names, early: names), made)
  }

  /// The tables of the loads that can begin now, without any of them ending.
  private func loads(_ schedule: inout WorkSchedule, _ plan: SyncPlan, atMost: Int) -> [String] {
    var begun: [String] = []
    while begun.count < atMost, case .load(let groups) = schedule.next() {
      begun.append(groups.map { plan.groups[$0].tables[0].name.name }.joined(separator: " "))
    }
    return begun
  }

  @Test(arguments: [(1, ["root"]), (2, ["leaf", "root"]), (3, ["leaf", "middle", "root"])])
  func `the largest tables are loaded before what they refer to, in all lanes but one`(lanes: Int, begun: [String]) {
    let tables = [table("root", pages: 1), table("middle", pages: 20), table("leaf", pages: 90)]
    var (schedule, made) = early(lanes, tables, parents: ["middle": ["root"], "leaf": ["middle"]])
    #expect(loads(&schedule, made, atMost: lanes) == begun)
  }

  @Test func `a table that is smaller than what can be done else waits for what it refers to`() {
    let tables = [table("root", pages: 90), table("leaf", pages: 20), table("other", pages: 30)]
    var (schedule, made) = early(2, tables, parents: ["leaf": ["root"]])
    #expect(loads(&schedule, made, atMost: 2) == ["root", "other"])
  }

  @Test func `a table does not begin early if it would wait longer for the others than they take in all lanes`() {
    let tables = ["a", "b", "c"].map { table($0, pages: 40) } + [table("leaf", pages: 50)]
    var (schedule, made) = early(2, tables, parents: ["leaf": ["a", "b", "c"]])
    #expect(loads(&schedule, made, atMost: 2) == ["a", "b"])
  }

  @Test func `a load that has begun early is skipped when what it refers to fails, with what refers to it`() throws {
    let tables = [table("root", pages: 1), table("leaf", pages: 90), table("below", pages: 1)]
    var (schedule, made) = early(2, tables, parents: ["leaf": ["root"], "below": ["leaf"]])
    let groups = Dictionary(uniqueKeysWithValues: made.groups.indices.map { (made.groups[$0].tables[0].name.name, $0) })
    #expect(loads(&schedule, made, atMost: 2) == ["leaf", "root"])
    let (root, leaf, below) = try (
      #require(groups["root"]), #require(groups["leaf"]), #require(groups["below"])
    )
    schedule.finishLoad(of: [root], .givenUp(culprit: nil))
    while let work = schedule.next() {
      switch work {
      case .copy(let chunk): schedule.finishCopy(of: chunk.table, hasFailed: false)
      case .compare(let group, _): schedule.finishCompare(of: group, .failed)
      case .load, .merge, .tidy: Issue.record("unexpected: \(work)")
      }
    }
    let ends = schedule.takeEnds()
    #expect(ends.map(\.group) == [root])
    #expect(ends.map(\.hasLanded) == [false])
    schedule.finishLoad(of: [leaf], .givenUp(culprit: nil))
    if let work = schedule.next() { Issue.record("unexpected: \(work)") }
    #expect(schedule.skipped == [leaf: root, below: leaf])
    #expect(schedule.isStagingComplete)
  }

  @Test func `a table that was loaded is tidied before what refers to it is compared`() throws {
    let made = plan([table("child", pages: 9), table("root", pages: 1)], parents: ["child": ["root"]])
    var schedule = WorkSchedule(made, goal: .merge, direct: [name("root")])
    guard case .load(let groups) = schedule.next(), let root = groups.first else {
      Issue.record("expected a load")
      return
    }
    guard case .copy = schedule.next() else {
      Issue.record("expected a chunk")
      return
    }
    schedule.finishLoad(of: [root], .landed)
    guard case .tidy([root]) = schedule.next() else {
      Issue.record("expected the loaded table to be tidied")
      return
    }
  }

  // MARK: - Loads that share a transaction

  private func small(_ names: String...) -> [TablePlan] { names.map { table($0, pages: 1, isSmall: true) } }

  @Test func `small tables are loaded together, with those that refer to them and not to others`() {
    let tables = small("a", "b", "child", "below") + [table("large", pages: 9)]
    var (schedule, made) = early(2, tables, parents: ["child": ["a", "b"], "below": ["large"]])
    #expect(loads(&schedule, made, atMost: 2) == ["large", "a b child"])
  }

  @Test func `the table that stood in the way is staged, the others are tried once more without it`() {
    let done = order(plan(small("a", "bad", "c")), loading: ["a", "bad", "c"], failing: ["bad"]).done
    #expect(done.prefix(2) == ["load a bad c", "copy bad"] || done.prefix(2) == ["load a bad c", "load a c"])
    #expect(done.contains("load a c"))
    #expect(done.contains("merge bad"))
    #expect(!done.contains("copy a"))
  }

  @Test func `whoever was in a load that failed twice is staged`() {
    let done = order(plan(small("a", "bad", "worse")), loading: ["a", "bad", "worse"], failing: ["bad", "worse"]).done
    #expect(done.filter { $0.hasPrefix("load") } == ["load a bad worse", "load a worse"])
    #expect(done.contains("merge a"))
  }

  @Test func `a small table that refers to the one that stood in the way waits for it`() {
    let done = order(
      plan(small("bad", "child"), parents: ["child": ["bad"]]), loading: ["bad", "child"], failing: ["bad"]
    ).done
    #expect(done.first == "load bad child")
    // It fails in its merge as well.
    #expect(!done.contains("load child"))
  }

  // MARK: - Loads that do not land

  @Test func `a direct load that is given up is staged`() {
    let done = order(plan([table("large", pages: 9, chunks: 2)]), loading: ["large"], failing: ["large"]).done
    #expect(done == ["load large", "copy large", "copy large", "compare large", "merge large"])
  }

  @Test func `the source is kept until the last direct load has landed`() {
    var schedule = WorkSchedule(plan([table("large", pages: 9)]), goal: .merge, direct: [name("large")])
    guard case .load(let groups) = schedule.next() else {
      Issue.record("expected a load")
      return
    }
    #expect(!schedule.isStagingComplete)
    schedule.finishLoad(of: groups, .landed)
    #expect(schedule.isStagingComplete)
  }

  @Test func `a table to load whose parent failed is skipped, and does not keep the source`() {
    let made = plan([table("child", pages: 9), table("root", pages: 1)], parents: ["child": ["root"]])
    var schedule = WorkSchedule(made, goal: .merge, direct: [name("child")])
    while let work = schedule.next() {
      switch work {
      case .copy(let chunk): schedule.finishCopy(of: chunk.table, hasFailed: false)
      case .compare(let group, _): schedule.finishCompare(of: group, .compared)
      case .merge(let group): schedule.finishMerge(of: group, hasFailed: true)
      case .load, .tidy: Issue.record("unexpected: \(work)")
      }
    }
    #expect(schedule.skipped == [1: 0])
    #expect(schedule.isStagingComplete)
  }

  @Test func `a group that is being compared when its parent fails is skipped, with what refers to it`() {
    let made = plan(
      [table("root", pages: 1), table("child", pages: 1), table("grandchild", pages: 1)],
      parents: ["child": ["root"], "grandchild": ["child"]])
    var schedule = WorkSchedule(made, goal: .merge)
    for _ in 1...3 {
      if case .copy(let chunk) = schedule.next() { schedule.finishCopy(of: chunk.table, hasFailed: false) }
    }
    while let work = schedule.next() {
      if case .copy(let chunk) = work { schedule.finishCopy(of: chunk.table, hasFailed: false) }
      if case .compare(0, _) = work { schedule.finishCompare(of: 0, .compared) }
    }
    schedule.finishMerge(of: 0, hasFailed: true)
    schedule.finishCompare(of: 1, .compared)
    if let work = schedule.next() { Issue.record("unexpected: \(work)") }
    #expect(schedule.skipped == [1: 0, 2: 1])
  }

  @Test func `a chunk that fails spares the table's other chunks`() {
    let made = plan([table("large", pages: 100, chunks: 4)])
    var schedule = WorkSchedule(made, goal: .merge)
    guard case .copy(let chunk) = schedule.next() else {
      Issue.record("expected a chunk")
      return
    }
    schedule.finishCopy(of: chunk.table, hasFailed: true)
    #expect(schedule.isStagingComplete)
    guard case .compare = schedule.next() else {
      Issue.record("expected the group to be told")
      return
    }
  }

  @Test func `a dry run compares and does nothing else`() {
    let done = order(
      plan([table("child", pages: 1), table("root", pages: 1)], parents: ["child": ["root"]]), goal: .compare
    ).done
    #expect(done.allSatisfy { $0.hasPrefix("copy") || $0.hasPrefix("compare") })
    #expect(done.count == 4)
  }

  @Test func `where nothing is to be written, a table lands with its comparison, and what refers to it after it`() {
    var schedule = WorkSchedule(
      plan([table("child", pages: 1), table("root", pages: 1)], parents: ["child": ["root"]]), goal: .merge)
    var compared: [Bool] = []
    while let work = schedule.next() {
      switch work {
      case .copy(let chunk): schedule.finishCopy(of: chunk.table, hasFailed: false)
      case .compare(let group, let mayLand):
        compared.append(mayLand)
        schedule.finishCompare(of: group, .landed)
      case .tidy: break
      case .load, .merge: Issue.record("unexpected: \(work)")
      }
    }
    #expect(compared == [true, true])
  }

  @Test func `a child that is compared while its parent still merges may not land with it`() {
    var schedule = WorkSchedule(
      plan([table("child", pages: 9), table("root", pages: 1)], parents: ["child": ["root"]]), goal: .merge)
    var compared: [Bool] = []
    while let work = schedule.next() {
      switch work {
      case .copy(let chunk): schedule.finishCopy(of: chunk.table, hasFailed: false)
      case .compare(let group, let mayLand):
        compared.append(mayLand)
        schedule.finishCompare(of: group, .compared)
      case .load, .merge, .tidy: break  // and the merge does not end
      }
    }
    #expect(compared == [true, false])
  }

  @Test(arguments: [(1, [4]), (2, [2, 1, 1]), (4, [1, 1, 1, 1])])
  func `what can be tidied is shared out among the lanes`(lanes: Int, shares: [Int]) {
    let tables = ["a", "b", "c", "d"].map { table($0, pages: 1) }
    var schedule = WorkSchedule(plan(tables), goal: .merge, lanes: lanes, direct: Set(tables.map(\.target)))
    for _ in tables { if case .load(let groups) = schedule.next() { schedule.finishLoad(of: groups, .landed) } }
    var tidied: [Int] = []
    while case .tidy(let groups) = schedule.next() { tidied.append(groups.count) }
    #expect(tidied == shares)
  }

  @Test func `the largest table is tidied by itself, with what is small beside it`() {
    let tables = [table("small", pages: 10), table("large", pages: 500), table("middle", pages: 300)]
    var schedule = WorkSchedule(plan(tables), goal: .merge, lanes: 2, direct: Set(tables.map(\.target)))
    for _ in tables { if case .load(let groups) = schedule.next() { schedule.finishLoad(of: groups, .landed) } }
    var tidied: [[String]] = []
    while case .tidy(let groups) = schedule.next() { tidied.append(groups.map { tables[$0].target.name.name }) }
    #expect(tidied == [["small", "large"], ["middle"]])
  }

  // MARK: - Any tables

  /// Works at random tables that refer to each other at random, on several lanes, of which any may end next, and some
  /// fail.
  @Test(arguments: 0..<300)
  func `each table lands once, after what it refers to, or fails, or is left out because of one that failed`(
    seed: UInt64
  ) {
    var random = SeededGenerator(seed: seed)
    let tables = (0..<Int.random(in: 1...12, using: &random)).map { number in
      table(
        "t\(number)", pages: Int.random(in: 0...90, using: &random), chunks: Int.random(in: 1...3, using: &random),
        isSmall: Bool.random(using: &random))
    }
    let parents = Dictionary(
      uniqueKeysWithValues: tables.indices.map { place in
        (tables[place].label, tables[..<place].map(\.label).filter { _ in Int.random(in: 0..<4, using: &random) == 0 })
      })
    let made = plan(tables, parents: parents)
    func some(_ tables: [TablePlan]) -> Set<QualifiedName> {
      Set(tables.map(\.target).filter { _ in Bool.random(using: &random) })
    }
    let direct = some(tables)
    let lanes = Int.random(in: 1...4, using: &random)
    var schedule = WorkSchedule(
      made, goal: .merge, lanes: lanes, direct: direct, early: direct.intersection(some(tables)))
    var (running, landed, failed, ends): ([Work], Set<Int>, Set<Int>, [Int]) = ([], [], [], [])
    func parentsHaveLanded(_ group: Int) -> Bool { landed.isSuperset(of: made.groups[group].parents) }
    while true {
      while running.count < lanes, let work = schedule.next() { running.append(work) }
      guard !running.isEmpty else { break }
      let fails = Int.random(in: 0..<8, using: &random) == 0
      // A load that has begun early ends behind what it refers to.
      let ready = running.indices.filter { place in
        guard case .load(let groups) = running[place], groups.count == 1 else { return true }
        return made.groups[groups[0]].parents.allSatisfy { landed.contains($0) || failed.contains($0) }
      }
      guard let place = ready.randomElement(using: &random) else {
        Issue.record("all lanes wait for each other")
        break
      }
      switch running.remove(at: place) {
      case .copy(let chunk): schedule.finishCopy(of: chunk.table, hasFailed: fails)
      case .load(let groups):
        let there = landed.union(groups)
        let isWhole = groups.allSatisfy { there.isSuperset(of: made.groups[$0].parents) }
        let hasLanded = isWhole && !fails
        if hasLanded { for group in groups { #expect(landed.insert(group).inserted) } }
        schedule.finishLoad(of: groups, hasLanded ? .landed : .givenUp(culprit: made.groups[groups[0]].tables[0]))
      case .compare(let group, let mayLand):
        let hasLanded = mayLand && Bool.random(using: &random) && !fails
        if hasLanded {
          #expect(parentsHaveLanded(group))
          #expect(landed.insert(group).inserted)
        }
        schedule.finishCompare(of: group, hasLanded ? .landed : fails ? .failed : .compared)
      case .merge(let group):
        #expect(parentsHaveLanded(group))
        if !fails { #expect(landed.insert(group).inserted) }
        schedule.finishMerge(of: group, hasFailed: fails)
      case .tidy(let groups): #expect(landed.isSuperset(of: groups))
      }
      let news = schedule.takeEnds()
      failed.formUnion(news.filter { !$0.hasLanded }.map(\.group))
      ends += news.map(\.group)
    }
    #expect(ends.sorted() == Array(made.groups.indices))
    #expect(landed.union(failed) == Set(made.groups.indices))
    #expect(landed.isDisjoint(with: failed))
    #expect(failed.isSuperset(of: schedule.skipped.keys))
    #expect(schedule.isStagingComplete)
  }

  @Test func `every table that lands is tidied once`() {
    let done = order(plan([table("child", pages: 1), table("root", pages: 1)], parents: ["child": ["root"]])).done
    #expect(done.filter { $0.hasPrefix("tidy") }.sorted() == ["tidy child", "tidy root"])
  }
}

extension QueryResult {
  /// No rows at all.
  static var none: QueryResult { QueryResult(columns: [], rows: [], affectedRows: 0, commandTag: "") }
}
