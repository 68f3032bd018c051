/// Another run of the flow is at work on this target.
public struct RunInProgress: Error, Sendable, CustomStringConvertible {
  public var flow: String
  /// The session that holds the lock; `nil` when it has just gone, or only its workers are left.
  public var backend: Int?
  public var application: String?
  public var client: String?
  public var since: String?

  public var description: String {
    whoAndSince
      + "\n  what to do: Let it end, or wait for it with --wait 10min; pg_terminate_backend ends one that hangs."
  }

  /// One line.
  package var whoAndSince: String {
    var text = "another run of the flow \(flow) is at work on this target"
    if let backend {
      text += ": backend \(backend)"
      if let client { text += " from \(client)" }
      if let since { text += ", since \(since)" }
    }
    return text
  }
}
