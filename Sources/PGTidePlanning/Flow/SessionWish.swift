/// A setting that the configuration wants for the sessions to one end.
public struct SessionWish: Sendable, Equatable {
  public var name: String
  public var value: String

  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }

  /// It is pgtide's own.
  package var isOwned: Bool { SessionSetting.named(name)?.isOwned ?? false }
}
