import Postgres

/// How often, and how soon, work that met a passing error is tried again.
package struct RetryPolicy: Sendable {
  /// Attempts after the first.
  package let retries: Int

  package init(retries: Int) { self.retries = retries }

  /// The wait before attempt `number` (1 for the first retry): a quarter of a second, doubled each time up to ten
  /// seconds, and varied by a quarter so that workers that fail together do not come back together.
  package func delay(before number: Int) -> Duration {
    let standard = Duration.milliseconds(250) * (1 << min(number - 1, 6))
    return min(standard, .seconds(10)) * Double.random(in: 0.75...1.25)
  }

  /// Runs `body` until it succeeds, fails with an error that `isPassing` does not hold for passing, or has been tried
  /// often enough. `beforeRetry` is told what is about to be tried again, before the wait, and may end it by throwing.
  package func run<R: Sendable>(
    isPassing: (any Error) -> Bool = { $0.isPassing },
    beforeRetry: (_ number: Int, any Error) async throws -> Void,
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> R
  ) async throws -> R {
    var number = 0
    while true {
      do {
        return try await body()
      } catch let error where number < retries && isPassing(error) && !Task.isCancelled {
        number += 1
        try await beforeRetry(number, error)
        try await Task.sleep(for: delay(before: number))
      }
    }
  }
}

extension Error {
  /// Nothing else of the run can go on either.
  package var endsRun: Bool {
    self is CancellationError || self is RunLockLost || self is SessionMoved || serverError?.kind == .cannotConnect
  }

  /// The same may work in a moment.
  package var isPassing: Bool { serverError?.isPassing ?? false }
}

extension PostgresError {
  /// The connection was lost or could not be made, the server is going down or coming up or has no free connection,
  /// or another session was in the way (manual, "Appendix A. PostgreSQL Error Codes").
  ///
  /// A connection that cannot be made counts: a run asks only after the first ones stood.
  package var isPassing: Bool {
    if kind == .connectionLost || kind == .cannotConnect { return true }
    guard let sqlState else { return false }
    let passing = [
      "57P01", "57P02", "57P03", SQLState.deadlockDetected, SQLState.serializationFailure, "53300",
      SQLState.lockNotAvailable,
    ]
    return sqlState.hasPrefix("08") || passing.contains(sqlState)
  }

  /// Somebody else has made it meanwhile.
  package var isAboutExistence: Bool { [SQLState.uniqueViolation, "42P06", "42P07"].contains(sqlState) }
}
