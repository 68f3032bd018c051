import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct RetryPolicyTests {
  private struct Lasting: Error {}

  private func error(_ sqlState: String?, _ kind: PostgresError.Kind = .statement) -> PostgresError {
    PostgresError(kind: kind, connection: "target", sqlState: sqlState, message: "no")
  }

  /// Runs work that fails so often, and tells which retries were announced.
  private func run(
    retries: Int, failing times: Int, with failure: any Error
  ) async -> (result: Result<Int, any Error>, announced: [Int]) {
    var (runs, announced) = (0, [Int]())
    let result = await Result.of {
      try await RetryPolicy(retries: retries).run(beforeRetry: { number, _ in announced.append(number) }) {
        runs += 1
        if runs <= times { throw failure }
        return runs
      }
    }
    return (result, announced)
  }

  @Test func `what succeeds is run once`() async throws {
    let run = await run(retries: 5, failing: 0, with: error("40001"))
    #expect(try run.result.get() == 1)
    #expect(run.announced.isEmpty)
  }

  @Test func `a passing error is tried again, and announced`() async throws {
    let run = await run(retries: 1, failing: 1, with: error("40001"))
    #expect(try run.result.get() == 2)
    #expect(run.announced == [1])
  }

  @Test func `one that does not pass is thrown when it was tried often enough`() async {
    let run = await run(retries: 1, failing: 2, with: error("40P01"))
    #expect(throws: PostgresError.self) { try run.result.get() }
    #expect(run.announced == [1])
  }

  @Test func `no retries means one try`() async {
    let run = await run(retries: 0, failing: 1, with: error("40001"))
    #expect(throws: PostgresError.self) { try run.result.get() }
    #expect(run.announced.isEmpty)
  }

  @Test func `a lasting error is not tried again`() async {
    for failure in [error("23505"), Lasting()] as [any Error] {
      let run = await run(retries: 5, failing: 1, with: failure)
      #expect(throws: (any Error).self) { try run.result.get() }
      #expect(run.announced.isEmpty)
    }
  }

  @Test func `who is told of a retry may end it`() async {
    var runs = 0
    await #expect(throws: Lasting.self) {
      try await RetryPolicy(retries: 5).run(beforeRetry: { _, _ in throw Lasting() }) {
        runs += 1
        throw error("40001")
      }
    }
    #expect(runs == 1)
  }

  @Test func `a cancelled task tries nothing again`() async {
    let announced = await withTaskGroup(of: [Int].self) { group in
      group.cancelAll()
      group.addTask { await run(retries: 5, failing: 1, with: error("40001")).announced }
      return await group.next()
    }
    #expect(announced == [])
  }

  @Test(arguments: [(1, 0.25), (2, 0.5), (3, 1), (4, 2), (5, 4), (6, 8), (7, 10), (40, 10)])
  func `the wait doubles up to ten seconds, give or take a quarter`(number: Int, seconds: Double) {
    for _ in 0..<50 {
      let delay = RetryPolicy(retries: 1).delay(before: number).seconds
      #expect(delay >= seconds * 0.75 && delay <= seconds * 1.25)
    }
  }

  @Test(arguments: ["57P01", "57P03", "40001", "40P01", "53300", "55P03", "08006"])
  func `these errors pass`(sqlState: String) {
    #expect(error(sqlState).isPassing)
    #expect((SyncError(error(sqlState), table: nil, while: "merged") as any Error).isPassing)
  }

  @Test(arguments: [nil, "23505", "42P01", "57014", "53100", "25006"])
  func `these do not`(sqlState: String?) { #expect(!error(sqlState).isPassing) }

  @Test func `a lost connection passes, and one that cannot be made ends the run`() {
    #expect(error(nil, .connectionLost).isPassing)
    #expect(!(error(nil, .connectionLost) as any Error).endsRun)
    #expect((error(nil, .cannotConnect) as any Error).endsRun)
    #expect((CancellationError() as any Error).endsRun)
  }
}
