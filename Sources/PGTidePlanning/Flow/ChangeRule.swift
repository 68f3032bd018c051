/// By which column of the source a table's rows tell that they have changed.
public struct ChangeRule: Sendable, Equatable {
  /// A column of the source (of what a `query` returns) for the time of the last change.
  public var column: ObjectName
  /// So much is read again before what the last run saw: clocks that write the column may differ. From a second.
  public var overlap: Duration

  public static let usualOverlap = Duration.seconds(600)
  /// A run that finds so much time gone since the last one over all rows looks at all rows.
  public static let usualFullEvery = Duration.seconds(24 * 3600)

  public init(column: ObjectName, overlap: Duration = usualOverlap) {
    self.column = column
    self.overlap = overlap
  }

  /// Between a transaction's start and the moment when others can see it, some time goes by.
  package static let durations = Duration.seconds(1)...Duration.seconds(3650 * 24 * 3600)

  /// A whole number of seconds or more; `nil` where the text is none.
  package static func duration(_ text: String) -> Duration? {
    guard let duration = DurationText.parse(text), durations.contains(duration), !text.lowercased().hasSuffix("ms")
    else {
      return nil
    }
    return duration
  }

  package static func expected(_ example: String) -> String { "a duration from 1s up to 3650d, such as \(example)" }
}
