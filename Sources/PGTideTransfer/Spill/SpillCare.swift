import Postgres

/// Looks after the directories of a flow's spills on this machine: makes the run's own, finds those of dead runs, and
/// leaves none behind that is of no use. All of it under the run's lock, so that none of them can be at work.
package actor SpillCare {
  private let base: String
  private let flow: String
  private let run: RunIdentity
  private let settings: SpillSettings
  private var resumed: ResumedSpill?
  /// Complete spills of earlier runs.
  private var older: [SpillDirectory] = []
  private var spill: Spill?
  /// What the report is to say beside its figures.
  private var remarks: [String] = []

  package init(base: String, flow: String, run: RunIdentity, settings: SpillSettings, resumed: ResumedSpill?) {
    self.base = base
    self.flow = flow
    self.run = run
    self.settings = settings
    self.resumed = resumed
  }

  /// Looks for what earlier runs left, and removes at once what is of no use to anybody. Returns what the user should
  /// know of it.
  package func lookAround(on target: Connection) async throws -> [String] {
    guard SpillDirectory.hasAny(in: base, flow: flow) else { return [] }
    var notices: [String] = []
    let end = try await SpillEnd.read(target)
    for directory in SpillDirectory.all(in: base, flow: flow, target: end) where directory != resumed?.directory {
      if (try? directory.manifest())?.isComplete == true {
        older.append(directory)
        if resumed == nil {
          notices.append("run \(directory.run) left all its rows in \(directory.path), which this run does not use")
        }
      } else {
        notices.append(
          directory.remove()
            ?? "removed what run \(directory.run) had spilled before it died, because it was not complete")
      }
    }
    return notices
  }

  /// The run's spill: the one that it takes up again, or one of its own. `nil` where it spills nothing, also for want of
  /// room.
  package func open(for plan: SyncPlan, source: Connection?, target: Connection) async throws -> Spill? {
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
        spill = try make(for: plan, source: await .read(source), target: await .read(target), began: began)
      } catch let full as SpillFull {
        remarks.append("all rows went to the target directly, without a spill: \(full)")
      }
    }
    return spill
  }

  /// Makes a directory, with a manifest that says whose it is.
  private func make(for plan: SyncPlan, source: SpillEnd, target end: SpillEnd, began: String) throws -> Spill {
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
