/// What is done to a run.
package enum FaultKind: String, Sendable, CaseIterable {
  case killed = "pgtide killed (SIGKILL)"
  case oneTerminated = "one of its sessions terminated"
  case allTerminated = "all its sessions on an end terminated"
  case oneCut = "one connection cut"
  case allCut = "all connections of an end cut"
  case refused = "all cut, and new ones refused for a time"
  case stalled = "link stalled for a time"
  case stalledAndKilled = "link stalled for ever, pgtide killed"
  case stalledForEver = "link stalled for ever"
  case commitUnsent = "cut before a COMMIT reached the target"
  case commitUnheard = "cut after a COMMIT, its answer lost"
  case targetCrashed = "target crashed and restarted"
  case targetRestarted = "target restarted in good order"
  case sourceCrashed = "source crashed and restarted"
}

/// One end of the flow.
package enum End: String, Sendable, CaseIterable {
  case source
  case target
}

/// What the connection that a fault hit was at, by the last of its statements that tells.
package enum Phase: String, Sendable, CaseIterable {
  case connecting, planning, locking, beginning, copying, comparing, merging, committing, finishing

  static let commit = "COMMIT"

  /// Texts of pgtide's statements, on either end.
  private static let texts: [(text: String, phase: Phase)] = [
    ("set_config", .planning), ("advisory_lock", .locking), ("pg_export_snapshot", .locking), ("BEGIN", .beginning),
    ("TO STDOUT", .copying), ("FROM STDIN", .copying), (#"INTO "pgtide"."delta_"#, .comparing),
    (#"UPDATE "public".""#, .merging), (#"INTO "public".""#, .merging), (commit, .committing),
    ("SET finished_at = pg_catalog", .finishing),
  ]

  /// What the proxies have to look for.
  static let watched = texts.map(\.text)

  init(after text: String?) {
    self = Self.texts.first { $0.text == text }?.phase ?? .connecting
  }
}
