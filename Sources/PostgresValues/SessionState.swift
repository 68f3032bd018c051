/// What a session is set to that its user has to know of.
public struct SessionState: Sendable {
  /// Demanded parameters that have another value, and that the session may not set.
  public package(set) var strays: [Stray] = []
  /// Wishes that the server does not take.
  public package(set) var refused: [(name: String, error: PostgresError)] = []
  /// Schemas that were taken out of the `search_path`, each with those who were granted to create objects in it, as SQL.
  public package(set) var omitted: [(schema: String, creators: String)] = []

  package init() {}

  public struct Stray: Sendable, Hashable {
    public let name: String
    public let value: String
    /// Where the value comes from, as `pg_settings.source` says it.
    public let source: String

    public init(name: String, value: String, source: String) {
      self.name = name
      self.value = value
      self.source = source
    }
  }
}
