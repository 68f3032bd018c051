import FoundationEssentials
import Postgres

/// All that a run has to do with the disk: its own spill, or that of an earlier run, and the directories that others have
/// left on this machine, of which none stays that is of no use. It looks at them under the run's lock, so that nobody can
/// be at work in them.
package actor RunSpill {
  private let base: String
  private let flow: String
  private let settings: SpillSettings
  private var resumed: ResumedSpill?
  /// Complete spills of earlier runs.
  private var older: [SpillDirectory] = []
  private var spill: Spill?
  /// What the report is to say beside its figures.
  private var remarks: [String] = []

  package init(_ configuration: SyncConfiguration) {
    flow = configuration.flow
    settings = configuration.settings.spill
    base =
      settings.directory ?? SpillSettings.standardDirectory(environment: ProcessInfo.processInfo.environment)
      ?? FileManager.default.temporaryDirectory.appending(path: "pgtide-spill").path
  }

  /// Throws before anything happens where the files cannot be written. A full disk is no wrong path: the rows go directly
  /// then, and the report says why.
  package nonisolated func check() throws {
    guard settings.mode == .always else { return }
    do { try SpillDirectory.prepare(base) } catch is SpillFull {}
  }

  /// Finds what an earlier run has left, to be loaded by this one.
  package func resume(_ configuration: SyncConfiguration, on target: Connection) async throws -> SyncPlan {
    let found = try await ResumedSpill.find(in: base, for: configuration, on: target)
    resumed = found
    return found.plan
  }

  /// Removes what earlier runs left, as far as it is of no use to anybody, and makes the run's spill where it has one.
  package func begin(_ run: RunIdentity, _ plan: SyncPlan, source: Connection?, target: Connection) async throws {
    try await lookAround(on: target)
    try await open(for: plan, run, source: source, target: target)
  }

  /// How the run's chunks come to their stages.
  ///
  /// - Parameters:
  ///   - source: `nil` where an earlier run's rows are loaded.
  ///   - missing: tables that cannot be read. Without them the spill is not complete, and cannot be taken up again.
  package func route(
    from source: OpenSource?, in context: RunContext, leavingOut missing: Set<QualifiedName>
  ) async -> any ChunkRoute {
    if let spill {
      await spill.chunks.leaveOut(missing)
      return SpillRoute(context: context, source: source, spill: spill)
    }
    guard let source else { fatalError("a run without a source has the spill of an earlier one") }
    return source
  }

  private func lookAround(on target: Connection) async throws {
    guard SpillDirectory.hasAny(in: base, flow: flow) else { return }
    let end = try await SpillEnd.read(target)
    for directory in SpillDirectory.all(in: base, flow: flow, target: end) where directory != resumed?.directory {
      if (try? directory.manifest())?.isComplete == true {
        older.append(directory)
        if resumed == nil {
          remarks.append("run \(directory.run) left all its rows in \(directory.path), which this run does not use")
        }
      } else {
        remarks.append(
          directory.remove()
            ?? "removed what run \(directory.run) had spilled before it died, because it was not complete")
      }
    }
  }

  /// Makes the spill that the run takes up again, or one of its own; none where it spills nothing, also for want of room.
  private func open(
    for plan: SyncPlan, _ run: RunIdentity, source: Connection?, target: Connection
  ) async throws {
    if var resumed {
      // Before anything is written: what this run lands is of these rows, and none of newer ones.
      resumed.manifest.runs.append(run.id)
      try resumed.directory.write(resumed.manifest)
      spill = Spill(
        directory: resumed.directory, chunks: SpillQueue(complete: resumed.manifest),
        budget: SpillBudget(directory: resumed.directory.path, limit: nil), manifest: resumed.manifest,
        isResumed: true)
    } else if settings.mode == .always, let source {
      let began = try await target.query(HistorySQL.began(run.id)).rows.first?.text(0) ?? ""
      do {
        try SpillDirectory.prepare(base)
        spill = try make(for: plan, run, source: await .read(source), target: await .read(target), began: began)
      } catch let full as SpillFull {
        remarks.append("all rows went to the target directly, without a spill: \(full)")
      }
    }
  }

  /// Makes a directory, with a manifest that says whose it is.
  private func make(
    for plan: SyncPlan, _ run: RunIdentity, source: SpillEnd, target end: SpillEnd, began: String
  ) throws -> Spill {
    let manifest = SpillManifest(
      flow: flow, runs: [run.id], began: began, source: source, target: end,
      knownSource: KnownSource(plan.sourceFacts),
      tables: plan.tables.map { table in
        SpilledTable(table: table.target, label: table.label, fingerprint: table.spillFingerprint, chunks: [])
      })
    let directory = try SpillDirectory.create(in: base, flow: flow, target: end, run: run)
    do {
      try directory.write(manifest)
    } catch {
      _ = directory.remove()
      throw error
    }
    return Spill(
      directory: directory, chunks: SpillQueue(reading: plan),
      budget: SpillBudget(directory: directory.path, limit: settings.limit), manifest: manifest)
  }

  /// Removes what is of no more use: when every table landed, everything; else all but what can be taken up again.
  /// Returns what the report says, and what the user should know beside it.
  package func end(hasLanded: Bool, isDryRun: Bool) async -> (report: SpillReport?, notices: [String]) {
    var report = await spill?.report
    var useless: [SpillDirectory] = []
    if let spill {
      // A dry run keeps what it was lent, and nothing of its own.
      let isWanted = isDryRun ? spill.isResumed : !hasLanded
      if isWanted, await spill.isUsable {
        report?.isKept = true
        // One is enough, and this one is newer.
        if !isDryRun { useless = older }
      } else {
        useless = [spill.directory]
      }
    }
    if hasLanded, !isDryRun { useless = older + (spill.map { [$0.directory] } ?? []) }
    return (report, remarks + useless.compactMap { $0.remove() })
  }
}
