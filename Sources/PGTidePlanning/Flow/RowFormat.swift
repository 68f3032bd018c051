import PostgresValues

/// How rows look between the source's COPY and the target's.
public enum RowFormat: String, Sendable, Equatable, Codable, CaseIterable {
  /// The target parses nothing, so that they load faster.
  case binary
  /// Mostly about half the bytes, which is what counts on a slow line.
  case text

  /// The statement's option.
  package var sql: SQL { "FORMAT \(raw: rawValue)" }
}
