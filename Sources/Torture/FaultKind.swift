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
  case sourceCrashed = "source crashed and restarted"
}

/// One end of the flow.
package enum End: String, Sendable, CaseIterable {
  case source
  case target
}

/// How far a run had come, by the furthest of its statements on the target.
package enum Phase: String, Sendable, CaseIterable, Comparable {
  case connecting, planning, preparing, copying, comparing, merging, committing, finishing

  /// Texts of pgtide's statements that tell its phases, in their order.
  private static let texts: [(text: String, phase: Phase)] = [
    ("set_config", .planning), ("advisory_lock", .preparing), ("FROM STDIN", .copying),
    (#"INTO "pgtide"."delta_"#, .comparing), (#"UPDATE "public".""#, .merging), (#"INTO "public".""#, .merging),
    ("SET finished_at = pg_catalog", .finishing),
  ]

  static let commit = "COMMIT"

  /// What the proxies have to look for. BEGIN only says that a COMMIT is over.
  static let watched = texts.map(\.text) + [commit, "BEGIN"]

  init(seen: [String: Int], last: String?) {
    let reached = Self.texts.filter { (seen[$0.text] ?? 0) > 0 }.map(\.phase).max() ?? .connecting
    self = reached == .merging && last == Self.commit ? .committing : reached
  }

  package static func < (left: Phase, right: Phase) -> Bool {
    (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
  }
}
