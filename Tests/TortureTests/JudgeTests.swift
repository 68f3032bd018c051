import Testing

@testable import Torture

/// The suite's judge finds what it looks for, and nothing else.
@Suite struct JudgeTests {
  /// Two rows of `region` that the office changed, one that it left alone; `team` and `person` changed as well.
  private static let before: SuiteRows = [
    "region": [1: old, 2: old, 3: old], "team": [1: old], "person": [1: old],
  ]
  private static let now: SuiteRows = [
    "region": [1: new, 2: new, 3: old], "team": [1: new], "person": [1: new],
  ]
  private static let old = SuiteRow(ref: nil, note: "old", n: 1)
  private static let new = SuiteRow(ref: nil, note: "new", n: 2)
  private static let apps = SuiteRow(ref: nil, note: "app", n: 3)

  private func state(_ rows: SuiteRows, marker: String = "D") -> TargetState {
    var state = TargetState()
    state.rows = rows.mapValues { $0.mapValues { TargetState.Row(row: $0, marker: marker) } }
    return state
  }

  private func judge(_ changes: [AppLedger.Change] = []) -> Judge {
    var ledger = AppLedger()
    ledger.commit(changes)
    return Judge(before: Self.before, now: Self.now, ledger: ledger)
  }

  private func violations(_ state: TargetState, _ reported: [String: String] = [:]) -> [String] {
    judge().violations(after: state, reported: reported)
  }

  @Test(arguments: [before, now])
  func `a table that is as before or all new is in order`(_ rows: SuiteRows) {
    #expect(violations(state(rows)) == [])
  }

  @Test func `half a merge is found, within a table and between tables that land together`() {
    var half = Self.before
    half["region"]?[1] = Self.new
    #expect(violations(state(half)).count == 1)
    #expect(violations(state(half))[0].hasPrefix("half a merge of region"))
    var apart = Self.before
    apart["team"] = Self.now["team"]
    #expect(violations(state(apart))[0].hasPrefix("half a merge of team and person"))
  }

  @Test func `a row that is missing, strange or nobody's is found`() {
    var missing = Self.now
    missing["region"]?[3] = nil
    #expect(violations(state(missing))[0].contains("neither old nor new"))
    var strange = Self.now
    strange["region"]?[3] = Self.apps
    #expect(violations(state(strange))[0].contains("neither old nor new"))
    var nobodys = Self.now
    nobodys["region"]?[9] = Self.new
    #expect(violations(state(nobodys))[0].contains("nobody made"))
  }

  @Test func `an app row that changed, went or came is found`() {
    let judge = judge([AppLedger.Change(table: "region", key: 1, row: Self.apps)])
    var claimed = state(Self.now)
    claimed.rows["region"]?[1] = TargetState.Row(row: Self.apps, marker: "M")
    #expect(judge.violations(after: claimed, reported: [:]) == [])
    #expect(judge.violations(after: state(Self.now), reported: [:])[0].contains("app rows changed"))
    claimed.rows["region"]?[1] = nil
    #expect(judge.violations(after: claimed, reported: [:])[0].contains("missing"))
    var came = state(Self.now)
    came.rows["region"]?[1_000_001] = TargetState.Row(row: Self.apps, marker: "M")
    #expect(violations(came)[0].contains("the app never wrote"))
  }

  @Test func `a row that the app gave back in this round proves nothing`() {
    let judge = judge([AppLedger.Change(table: "region", key: 1, row: nil)])
    var rows = Self.now
    rows["region"]?[1] = Self.apps
    #expect(judge.violations(after: state(rows), reported: [:]) == [])
    #expect(judge.violations(afterRecovery: state(rows))[0].contains("does not converge"))
  }

  @Test func `a report that does not tell how a table stands is found`() {
    #expect(violations(state(Self.now), ["region": "success"]) == [])
    #expect(violations(state(Self.before), ["region": "failed"]) == [])
    #expect(
      violations(state(Self.before), ["region": "success"]) == ["the report says success of region: it is as before"])
    #expect(violations(state(Self.now), ["region": "failed"]) == ["the report says failed of region: it is merged"])
    #expect(violations(state(Self.now), ["region": "partial"]).count == 1)
    var written = state(Self.now)
    written.history = ["region": "skipped"]
    #expect(violations(written).count == 1)
    written.history = [:]
    written.status = ["region": "failed"]
    #expect(violations(written).count == 1)
  }

  @Test func `after a run without a fault only the office's rows and the app's will do`() {
    #expect(judge().violations(afterRecovery: state(Self.now)) == [])
    #expect(judge().violations(afterRecovery: state(Self.before)).count == 3)
    #expect(judge().violations(afterRecovery: state(Self.now, marker: "M")).count == 6)
  }
}
