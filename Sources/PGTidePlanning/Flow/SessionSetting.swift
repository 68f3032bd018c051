/// A setting that a role, a database, a service file or a connection string can leave behind for a session, and what is
/// done about it. docs/reference/settings.md says the same to users.
package struct SessionSetting: Sendable {
  package let name: String
  package let decision: Decision

  package enum Decision: Sendable {
    /// Our sessions have this value on each end; `nil`: what they find.
    case set(source: String?, target: String?)
    /// The run's configuration has the value.
    case configured(key: String)
    /// Nothing is done while it has another value, because of this. It is set where the session may.
    case demanded(String, because: String)
    /// It stays as it is, and is what `session` may set.
    case left(Reason)
  }

  /// Why a setting may be what it is.
  package enum Reason: Sendable, CaseIterable {
    /// Only the databases' own code sees it, which is to run as at home.
    case home
    /// The same; where values travel as text, it is set for the statement (``SessionPins``).
    case pinned
    /// It changes how fast a statement is, not what it does.
    case speed
    /// What it forbids or bounds fails aloud.
    case aloud
    /// It says what the server writes into its log.
    case log
    /// How and when the server writes to its disks.
    case storage
    /// It belongs to a transaction, and a new one does not take it over.
    case transaction
    /// It matters to other kinds of sessions and statements.
    case unused
  }

  /// Whether it is pgtide's own, so that `session` cannot have it.
  package var isOwned: Bool {
    switch decision {
    case .set, .configured, .demanded: !Self.changeable.contains(name)
    case .left(let reason): reason == .transaction
    }
  }

  /// Set by us for speed alone.
  private static let changeable: Set<String> = ["work_mem", "jit", "client_connection_check_interval"]

  /// The setting of this name, however it is written.
  package static func named(_ name: String) -> SessionSetting? { byName[name.lowercased()] }

  private static let byName = Dictionary(
    all.map { ($0.name.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })

  /// What sessions on this end are set to.
  package static func settings(on end: EndName) -> [(name: String, value: String)] {
    all.compactMap { setting in
      guard case .set(let source, let target) = setting.decision else { return nil }
      return (end == .source ? source : target).map { (setting.name, $0) }
    }
  }

  /// What sessions on this end must be set to. What is only read fires no triggers.
  package static func demands(on end: EndName) -> [(name: String, value: String)] {
    all.compactMap { setting in
      guard case .demanded(let value, _) = setting.decision,
        end == .target || setting.name != "session_replication_role"
      else { return nil }
      return (setting.name, value)
    }
  }
}
