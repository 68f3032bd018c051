import Testing

@testable import Torture

/// The suite's judge finds rows that were wrongly deleted, kept or left.
@Suite struct DeletionJudgeTests {
  private static let row = SuiteRow(ref: nil, note: "office", n: 1)
  private static let before: SuiteRows = ["visit": [1: row, 2: row, 3: row]]
  /// The office has deleted 2.
  private static let now: SuiteRows = ["visit": [1: row, 3: row]]

  /// - Parameter deleted: keys that were kept, each time they were.
  private func state(_ keys: [Int], deleted: [Int] = [], staying: Set<Int> = []) -> TargetState {
    var state = TargetState()
    state.rows["visit"] = Dictionary(
      uniqueKeysWithValues: keys.map { ($0, TargetState.Row(row: Self.row, marker: "D")) })
    state.deleted["visit"] = Dictionary(grouping: deleted) { $0 }.mapValues { $0.map { _ in Self.row } }
    state.staying["visit"] = staying
    return state
  }

  private func violations(_ state: TargetState, touched: Int? = nil) -> [String] {
    var ledger = AppLedger()
    if let touched { ledger.commit([AppLedger.Change(table: "visit", key: touched, row: nil)]) }
    return Judge(before: Self.before, now: Self.now, ledger: ledger).violations(after: state, reported: [:])
  }

  @Test func `a row that the office has deleted may stand after a fault, or be gone and kept`() {
    #expect(violations(state([1, 2, 3])) == [])
    #expect(violations(state([1, 3], deleted: [2])) == [])
  }

  @Test func `a row that is gone and not kept, kept twice, or kept and there is found`() {
    #expect(violations(state([1, 3])).count == 1)
    #expect(violations(state([1, 3], deleted: [2, 2])).count == 1)
    #expect(violations(state([1, 2, 3], deleted: [2])).count == 1)
  }

  @Test func `a deleted row that the office has is found, unless the app was at it`() {
    #expect(violations(state([1], deleted: [2, 3])).contains { $0.contains("3, which the office has") })
    #expect(violations(state([1], deleted: [2, 3]), touched: 3) == [])
  }

  @Test func `after a run without a fault what the office lacks is gone, or told to stay`() {
    let judge = Judge(before: Self.now, now: Self.now, round: Self.before, ledger: AppLedger())
    #expect(judge.violations(afterRecovery: state([1, 3], deleted: [2])) == [])
    #expect(judge.violations(afterRecovery: state([1, 2, 3], staying: [2])) == [])
    #expect(judge.violations(afterRecovery: state([1, 2, 3]))[0].contains("nobody made"))
  }

  @Test func `a table whose last rows could not be deleted may be called failed, though the rest has landed`() {
    var rest = state([1, 2, 3])
    rest.rows["visit"]?[1]?.row.note = "new"
    var changed = Self.now
    changed["visit"]?[1]?.note = "new"
    let judge = Judge(before: Self.before, now: changed, ledger: AppLedger())
    #expect(judge.violations(after: rest, reported: ["visit": "failed"]) == [])
    #expect(judge.violations(after: state([1, 2, 3]), reported: ["visit": "success"]).count == 1)
  }

  @Test func `a row that stands twice is found, and one that changes without a key may have been kept`() {
    var heap = TargetState()
    heap.take(TargetState.Row(row: Self.row, marker: "D"), key: 1, of: "heap")
    heap.deleted["heap"] = [1: [Self.row]]
    let judge = Judge(before: ["heap": [1: Self.row]], now: ["heap": [1: Self.row]], ledger: AppLedger())
    #expect(judge.violations(after: heap, reported: [:]) == [])
    heap.take(TargetState.Row(row: Self.row, marker: "D"), key: 1, of: "heap")
    #expect(judge.violations(after: heap, reported: [:]).count == 1)
    #expect(judge.violations(afterRecovery: heap).count == 1)
  }

  @Test func `a row of the office shows the text that is looked up for it`() {
    var (office, generator) = (Office(), SeededGenerator(seed: 1))
    _ = office.fill(&generator)
    for row in (office.rows["named"] ?? [:]).values {
      #expect(row.ref.flatMap { office.rows["region"]?[$0]?.note } == row.note)
    }
    #expect(office.rows["named"]?.count == 40)
  }
}
