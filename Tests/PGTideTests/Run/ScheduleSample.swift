import Postgres

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Plans of small tables, each with the tables that it refers to, and schedules of them.
enum ScheduleSample {
  static func name(_ table: String) -> QualifiedName { QualifiedName("public", table) }

  static func table(_ name: String, pages: Int, chunks: Int = 1, isSmall: Bool = false) -> TablePlan {
    let target = Self.name(name)
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

  static func plan(_ tables: [TablePlan], parents: [String: [String]] = [:]) -> SyncPlan {
    let edges = Dictionary(
      uniqueKeysWithValues: tables.map { ($0.target, Set((parents[$0.label] ?? []).map(name))) })
    let server = ServerFacts(
      version: 150_000, blockSize: 8192, isStandby: false, user: "u", database: "d", countsTuples: true)
    return SyncPlan(
      flow: "f", tables: tables, groups: MergeOrder.groups(tables.map(\.target), parents: edges), source: server,
      target: server, privateSchema: PrivateSchemaFacts(QueryResult.none), metadata: nil, notices: [],
      sourceFacts: SourceFacts(
        catalog: Catalog(server: server, tables: [:]), pooler: .none, described: [:], types: [:]))
  }

  /// Runs a schedule on one worker, and tells in words what was done. Groups in `failing` fail when they merge.
  static func order(
    _ plan: SyncPlan, goal: RunGoal = .landEach, loading: Set<String> = [], failing: Set<String> = []
  ) -> (done: [String], skipped: [Int: Int]) {
    var schedule = WorkSchedule(plan, goal: goal, direct: Set(loading.map(name)))
    var done: [String] = []
    func names(_ groups: [Int]) -> [String] { groups.map { plan.groups[$0].tables[0].name.name } }
    while let work = schedule.next() {
      let end: WorkEnd
      switch work {
      case .prove(let groups):
        let culprit = names(groups).first(where: failing.contains)
        end = .loadEnded(groups, culprit.map { .givenUp(culprit: name($0)) } ?? .landed)
      case .merge(let group): end = .merged(group, hasFailed: failing.contains(names([group])[0]))
      default: end = work.end
      }
      switch work {
      case .copy(let chunk): done.append("copy \(chunk.table.name)")
      case .load(let groups): done.append("load \(names(groups).joined(separator: " "))")
      case .analyze(let groups): done.append("analyze \(names(groups).joined(separator: " "))")
      case .prove(let groups): done.append("prove \(names(groups).joined(separator: " "))")
      case .rollBack(let groups): done.append("roll back \(names(groups).joined(separator: " "))")
      case .compare(let group, _): done.append("compare \(names([group])[0])")
      case .merge(let group): done.append("merge \(names([group])[0])")
      case .cleanUp(let groups): done += names(groups).map { "cleanUp \($0)" }
      }
      schedule.take(end)
    }
    return (done, schedule.skipped)
  }
}

extension Work {
  /// How it ends where nothing goes wrong.
  var end: WorkEnd {
    switch self {
    case .copy(let chunk): .copied(chunk.table, hasFailed: false)
    case .load(let groups): .loaded(groups)
    case .analyze(let groups): .analyzed(groups)
    case .prove(let groups): .loadEnded(groups, .landed)
    case .rollBack(let groups): .loadEnded(groups, .givenUp(culprit: nil))
    case .compare(let group, _): .compared(group, .compared)
    case .merge(let group): .merged(group, hasFailed: false)
    case .cleanUp(let groups): .cleaned(groups)
    }
  }
}

extension WorkSchedule {
  /// Takes works and ends them well, until there are none or one of these comes up; that one is not ended.
  mutating func run(until isMeant: (Work) -> Bool = { _ in false }) -> Work? {
    while let work = next() {
      if isMeant(work) { return work }
      take(work.end)
    }
    return nil
  }
}

extension QueryResult {
  /// No rows at all.
  static var none: QueryResult { QueryResult(columns: [], rows: [], affectedRows: 0, commandTag: "") }
}
