import Logging
import PGTide

/// The code of the article `EmbeddingInAService`.
actor EmbeddingInAService {
  actor Health {
    private(set) var last: SyncReport?

    func record(_ report: SyncReport) { last = report }
  }

  private(set) var configuration: SyncConfiguration
  private let logger = Logger(label: "sync") { _ in SwiftLogNoOpLogHandler() }
  private let health = Health()

  init(_ configuration: SyncConfiguration) { self.configuration = configuration }

  func syncForEver(every pause: Duration) async throws {
    while !Task.isCancelled {
      let next = ContinuousClock.now.advanced(by: pause)
      await syncOnce()
      try await Task.sleep(until: next, clock: .continuous)
    }
  }

  func syncOnce() async {
    do {
      let options = Sync.Options(wait: .seconds(60), logger: logger)
      let report = try await Sync(configuration, options: options).run()
      await health.record(report)
    } catch let refusal as PlanRefusal {
      for problem in refusal.problems { logger.error("\(problem)") }
    } catch let other as RunInProgress {
      logger.notice("\(other)")
    } catch let error as ServerError where error.kind == .cannotConnect {
      logger.warning("\(error)", metadata: ["advice": "\(error.advice ?? "look at the network")"])
    } catch is CancellationError {
      logger.notice("stopped; what had landed stays")
    } catch {
      logger.error("\(error)")
    }
  }

  static func serve(_ service: EmbeddingInAService, until shutdown: @Sendable () async -> Void) async {
    let work = Task { try await service.syncForEver(every: .seconds(900)) }
    await shutdown()
    work.cancel()
    _ = await work.result
  }

  func apply(jobs: Int, lockTimeout: Duration) throws(SettingsError) {
    var changed = configuration
    changed.settings.jobs = jobs
    changed.settings.lockTimeout = lockTimeout
    try changed.validate()
    configuration = changed
  }
}
