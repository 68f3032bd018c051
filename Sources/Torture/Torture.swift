/// The fault suite: what it does to pgtide stands in ``FaultKind``, what must hold in ``Judge`` and ``Leftovers``.
package enum Torture {
  /// Runs until enough faults have struck. `progress` is told the state of things after each episode and every few
  /// seconds.
  ///
  /// Throws: ``TortureViolation`` for the first thing that does not hold; what kept the suite itself from working.
  package static func run(
    _ settings: TortureSettings, progress: @escaping @Sendable (Tally) -> Void = { _ in }
  ) async throws -> Tally {
    let record = Record(settings)
    do {
      try await withThrowingTaskGroup(of: Void.self) { lanes in
        for _ in 0..<settings.lanes {
          lanes.addTask {
            try await Station.with(program: settings.program) { station in
              try await Lane(station: station, settings: settings, record: record).run()
            }
          }
        }
        let reporter = Task {
          while !Task.isCancelled {
            try await Task.sleep(for: .seconds(5))
            progress(record.tally)
          }
        }
        defer { reporter.cancel() }
        try await lanes.waitForAll()
      }
    } catch is Violated {
      // Told below, with everything that is known of it.
    }
    if let violation = record.violation { throw violation }
    return record.tally
  }
}
