/// Why a run does not start: everything that is wrong, not just the first.
public struct PlanRefusal: Error, Sendable, CustomStringConvertible {
  public var problems: [PlanProblem]

  package init(problems: [PlanProblem]) { self.problems = problems }

  public var description: String {
    let count = problems.count == 1 ? "a problem" : "\(problems.count) problems"
    return "The plan has \(count); no table was written.\n"
      + problems.map { "  - \($0)" }.joined(separator: "\n")
  }
}
