/// What a check has found of one table.
public struct TableCheck: Sendable, Codable {
  public var table: String
  public var source: String
  public var status: Status
  /// How its rows were compared.
  public var comparison: Comparison
  /// Rows that are the same on both ends.
  public var level = 0
  /// Rows that both ends have, and that look otherwise.
  public var differ = 0
  public var sourceOnly = 0
  /// Rows of ours that only the target has.
  public var targetOnly = 0
  /// Rows of the target's own, under a key of the source, that look otherwise.
  public var protected = 0
  /// Rows that a trigger of the target has rewritten.
  public var rewritten = 0
  /// Rows of the source that cannot go into the target.
  public var rejected = 0
  /// Rows that differed at the first look, and otherwise or no more at the second.
  public var changing = 0
  public var rejectReasons: [String: Int] = [:]
  /// The rows, as many as were asked for.
  public var lines: [RowDifference] = []
  public var linesLeftOut = 0
  /// What goes in front of the lines' statements, so that their values are read as they were written.
  public var settings: [String]?
  public var seconds = 0.0
  public var error: String?

  public enum Status: String, Sendable, Codable {
    case level, different
    /// It could not be compared.
    case failed
  }

  public enum Comparison: String, Sendable, Codable {
    /// Both ends made one number of all their rows.
    case digest
    /// Both ends' numbers told which rows to look at.
    case digestAndRows = "digest_and_rows"
    /// Every row was read.
    case rows
    case none
  }

  package init(label: String, source: String) {
    table = label
    self.source = source
    status = .level
    comparison = .none
  }

  /// Rows that were found, of each kind.
  private var found: Int { differ + sourceOnly + targetOnly + protected + rewritten + rejected + changing }

  /// Takes the number of rows of one kind.
  ///
  /// - Parameter verdict: says of a rejected row why.
  package mutating func add(_ kind: DifferenceKind, _ verdict: String, _ rows: Int) {
    guard rows > 0 else { return }
    switch kind {
    case .differs: differ += rows
    case .sourceOnly: sourceOnly += rows
    case .targetOnly: targetOnly += rows
    case .protected: protected += rows
    case .rewritten: rewritten += rows
    case .changing: changing += rows
    case .rejected:
      rejected += rows
      if let reason = RejectReason(verdict: verdict) { rejectReasons[reason.words, default: 0] += rows }
    }
    if differ + sourceOnly + targetOnly > 0 { status = .different }
  }

  package mutating func take(_ lines: [RowDifference]) {
    self.lines = lines
    linesLeftOut = found - lines.count
  }

  package mutating func fail(_ error: String) {
    status = .failed
    self.error = error
  }

  /// The keys of the JSON: docs/reference/check.md.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case table, source, status, comparison, level, differ
    case sourceOnly = "source_only"
    case targetOnly = "target_only"
    case protected, rewritten, rejected, changing
    case rejectReasons = "reject_reasons"
    case lines
    case linesLeftOut = "lines_left_out"
    case settings, seconds, error
  }
}
