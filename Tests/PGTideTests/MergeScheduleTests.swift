import Postgres
import Synchronization
import Testing

@testable import PGTide

@Suite struct MergeScheduleTests {
  private func groups(_ parents: [[Int]]) -> [MergeGroup] {
    parents.enumerated().map { MergeGroup(tables: [QualifiedName("public", "t\($0)")], parents: $1) }
  }

  @Test func `the heaviest group starts first, and of equals the first`() {
    var state = MergeSchedule.State(groups: groups([[], [], [], []]), weights: [1, 5, 9, 5])
    #expect((0..<5).map { _ in state.takeReady() } == [2, 1, 3, 0, nil])
  }

  @Test func `a group waits until all of its parents have landed`() {
    var state = MergeSchedule.State(groups: groups([[], [], [0, 1]]), weights: [2, 1, 9])
    #expect(state.takeReady() == 0)
    #expect(state.takeReady() == 1)
    state.finish(0, landed: true)
    #expect(state.takeReady() == nil)
    state.finish(1, landed: true)
    #expect(state.takeReady() == 2)
  }

  @Test func `a failure skips all that depend on it, and nothing else`() {
    var state = MergeSchedule.State(groups: groups([[], [], [0], [2], [1]]), weights: [9, 1, 1, 1, 1])
    #expect(state.takeReady() == 0)
    state.finish(0, landed: false)
    #expect(state.skipped == [2: 0, 3: 2])
    #expect(state.takeReady() == 1)
    state.finish(1, landed: true)
    #expect(state.takeReady() == 4)
  }

  @Test func `a group that is skipped once names the first that stopped it`() {
    var state = MergeSchedule.State(groups: groups([[], [], [0, 1]]), weights: [2, 1, 1])
    _ = state.takeReady()
    _ = state.takeReady()
    state.finish(1, landed: false)
    state.finish(0, landed: false)
    #expect(state.skipped == [2: 1])
  }

  @Test func `no more groups run at a time than there are lanes`() async throws {
    let running = Mutex((now: 0, most: 0))
    let skipped = try await MergeSchedule.run(groups(Array(repeating: [], count: 8)), weights: Array(0..<8), lanes: 3) {
      _ in
      running.withLock { state in
        state.now += 1
        state.most = max(state.most, state.now)
      }
      try await Task.sleep(for: .milliseconds(2))
      running.withLock { $0.now -= 1 }
      return true
    }
    #expect(skipped.isEmpty)
    #expect(running.withLock(\.most) == 3)
  }

  @Test func `a run goes on behind a group that did not land`() async throws {
    let ran = Mutex<[Int]>([])
    let skipped = try await MergeSchedule.run(groups([[], [0], [], [2]]), weights: [4, 1, 3, 1], lanes: 1) { index in
      ran.withLock { $0.append(index) }
      return index != 0
    }
    #expect(ran.withLock(\.self) == [0, 2, 3])
    #expect(skipped == [1: 0])
  }

  @Test func `what ends the run is thrown`() async {
    struct Stop: Error {}
    await #expect(throws: Stop.self) {
      try await MergeSchedule.run(groups([[], [0]]), weights: [1, 1], lanes: 2) { _ in throw Stop() }
    }
  }
}
