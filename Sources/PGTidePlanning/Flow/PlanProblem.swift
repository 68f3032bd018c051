import PostgresValues

/// Something that keeps a run from starting, with what to do about it.
public struct PlanProblem: Sendable, Hashable, CustomStringConvertible {
  /// The target's table as the configuration names it; `nil` for what concerns the whole run.
  public var table: String?
  public var problem: String
  public var advice: String
  /// The line of the configuration file that names the table.
  public var line: Int?
  /// What of `problem` a server has said, which may quote a value.
  package var quoted = ""

  public init(table: String? = nil, problem: String, advice: String, line: Int? = nil) {
    self.table = table
    self.problem = problem
    self.advice = advice
    self.line = line
  }

  package init(table: String? = nil, problem: String, advice: String, line: Int? = nil, quoted: String) {
    self.init(table: table, problem: problem, advice: advice, line: line)
    self.quoted = quoted
  }

  public var description: String {
    (table.map { "\($0): " } ?? "") + problem + ". " + advice + (line.map { " (line \($0))" } ?? "")
  }
}
