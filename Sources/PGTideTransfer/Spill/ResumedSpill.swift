import Postgres

/// A spill that is taken up again: found, and proved to be what this run would have read.
package struct ResumedSpill: Sendable {
  package let directory: SpillDirectory
  package var manifest: SpillManifest
  package let plan: SyncPlan

  /// Finds the flow's newest complete spill for the target, under the run's lock, and checks all of it before anything
  /// is written: whose it is, that nothing newer has landed, that the plan is the same, and that each file is whole.
  ///
  /// Throws: ``ResumeRefusal``, ``PlanRefusal``, ``PostgresError``, `CancellationError`.
  package static func find(in base: String, for configuration: SyncConfiguration, on target: Connection) async throws
    -> ResumedSpill
  {
    let end = try await SpillEnd.read(target)
    let (directory, manifest) = try newest(in: base, flow: configuration.flow, target: end)
    guard manifest.flow == configuration.flow else {
      throw ResumeRefusal("the spill in \(directory.path) is of the flow \(manifest.flow)")
    }
    guard manifest.target.isSame(as: end) else {
      throw ResumeRefusal("the spill in \(directory.path) is for another target, the \(manifest.target.description)")
    }
    try await checkHistory(manifest, at: directory, on: target)
    let plan = try await plan(manifest, at: directory, configuration, on: target)
    try await verify(manifest, in: directory, plan: plan, workers: configuration.settings.jobs)
    return ResumedSpill(directory: directory, manifest: manifest, plan: plan)
  }

  private static func newest(in base: String, flow: String, target: SpillEnd) throws(ResumeRefusal) -> (
    SpillDirectory, SpillManifest
  ) {
    let found = SpillDirectory.all(in: base, flow: flow, target: target)
    guard let last = found.last else {
      let others = SpillDirectory.hasAny(in: base, flow: flow) ? "; those there are for other targets" : ""
      throw ResumeRefusal("there is no spill of the flow \(flow) for the \(target.description) in \(base)\(others)")
    }
    for directory in found.reversed() {
      if let manifest = try? directory.manifest(), manifest.isComplete { return (directory, manifest) }
    }
    guard try last.manifest().isComplete else {
      throw ResumeRefusal("the spill of run \(last.run) in \(last.path) is not complete: the run died while it read")
    }
    throw ResumeRefusal("\(last.path) has just changed")
  }

  /// The run that made the spill is one of this target's, and no run, of whatever flow, has landed newer rows since.
  private static func checkHistory(
    _ manifest: SpillManifest, at directory: SpillDirectory, on target: Connection
  ) async throws {
    let (began, newer) = try await target.attempt(
      .all(
        .outcome(of: HistorySQL.began(manifest.runs[0])),
        .outcome(of: HistorySQL.landed(since: manifest.runs, tables: manifest.tables.flatMap(\.names)))))
    guard let began = try? began.get().rows.first?.text(0), began == manifest.began else {
      throw ResumeRefusal(
        "the history of the target knows no run \(manifest.runs[0]) that began at \(manifest.began), which made the "
          + "spill in \(directory.path)")
    }
    let rows = try newer.get().rows
    if let newest = rows.first {
      let tables = Set(rows.map { $0.text(2) }).sorted().joined(separator: ", ")
      throw ResumeRefusal(
        "run \(newest.text(0)) of the flow \(newest.text(1)) has written newer rows since: those in "
          + "\(directory.path), of run \(manifest.runs[0]), would put older values into \(tables)")
    }
  }

  private static func plan(
    _ manifest: SpillManifest, at directory: SpillDirectory, _ configuration: SyncConfiguration, on target: Connection
  ) async throws -> SyncPlan {
    let known = Set(manifest.tables.map(\.table))
    let wanted = Set(configuration.tables.map { configuration.targetName($0.target) })
    guard known == wanted else {
      let names = manifest.tables.map(\.label).joined(separator: ", ")
      throw ResumeRefusal("the spill in \(directory.path) is of other tables than this run: \(names)")
    }
    var plan = try await Planner(configuration).plan(manifest.knownSource.facts, target: target)
    let tables = Dictionary(manifest.tables.map { ($0.table, $0) }, uniquingKeysWith: { first, _ in first })
    for table in plan.tables {
      guard let spilled = tables[table.target], spilled.fingerprint == table.spillFingerprint
      else {
        throw ResumeRefusal(
          "\(table.label) is planned otherwise than when the spill in \(directory.path) was made: its columns, its "
            + "source or the configuration has changed")
      }
      plan.setChunks(spilled.chunks.map(\.chunk), of: table.target)
    }
    return plan
  }

  /// Reads every file, so that damage is found before the first row moves.
  private static func verify(
    _ manifest: SpillManifest, in directory: SpillDirectory, plan: SyncPlan, workers: Int
  ) async throws {
    let files = manifest.tables.flatMap { table in
      let fields = plan.table(table.table)?.stage.columns.count ?? 0
      return table.chunks.flatMap { chunk in chunk.files.map { ($0, chunk.format, fields) } }
    }
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, (file, format, fields)) in files.enumerated() {
          if index >= workers { try await group.next() }
          group.addTask { try await SpillReader.verify(file, in: directory.path, format, fieldCount: fields) }
        }
        try await group.waitForAll()
      }
    } catch let damage as SpillDamage {
      throw ResumeRefusal("\(damage)")
    }
  }
}
