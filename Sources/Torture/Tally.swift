/// How often what happened.
package struct Tally: Sendable {
  struct Case: Hashable, Sendable {
    let kind: FaultKind
    let phase: Phase
  }

  /// By kind and place of the fault: how often the run ended how.
  private(set) var outcomes: [Case: [String: Int]] = [:]
  /// Faults that struck.
  package private(set) var struck = 0
  /// Rounds whose run ended before it came to the fault's place.
  package private(set) var notReached = 0
  /// Runs that landed everything in spite of the fault.
  package private(set) var gotOver = 0
  /// Chunks, comparisons and merges that pgtide tried again.
  package private(set) var retries = 0
  package private(set) var recoveries = 0
  /// Of these, the ones that read a table's changed rows only.
  package private(set) var incremental = 0
  package private(set) var violations = 0

  mutating func add(_ result: RoundResult) {
    violations += result.violations.isEmpty ? 0 : 1
    recoveries += result.recovery?.status == 0 ? 1 : 0
    incremental += result.recovery?.readsChanges == true ? 1 : 0
    retries += result.ended.retries
    guard let phase = result.phase else {
      notReached += 1
      return
    }
    struck += 1
    if result.ended.status == 0 { gotOver += 1 }
    outcomes[Case(kind: result.choice.kind, phase: phase), default: [:]][result.ended.label, default: 0] += 1
  }
}

extension Tally: CustomStringConvertible {
  /// A table: a line a kind of fault and phase, a column an outcome.
  package var description: String {
    let labels = Set(outcomes.values.flatMap(\.keys)).sorted()
    var lines = [["fault", "while", "times"] + labels]
    for kind in FaultKind.allCases {
      for phase in Phase.allCases {
        guard let counts = outcomes[Case(kind: kind, phase: phase)] else { continue }
        lines.append(
          [kind.rawValue, phase.rawValue, "\(counts.values.reduce(0, +))"] + labels.map { "\(counts[$0] ?? 0)" })
      }
    }
    let total = labels.map { label in "\(outcomes.values.map { $0[label] ?? 0 }.reduce(0, +))" }
    lines.append(["all", "", "\(struck)"] + total)
    return Self.aligned(lines) + "\n"
      + "\(struck) faults struck (\(notReached) more runs ended before theirs); \(gotOver) runs got over it and landed all, "
      + "with \(retries) retries; \(recoveries) runs afterwards, \(incremental) of them over changed rows, all level but "
      + "\(violations)"
  }

  private static func aligned(_ lines: [[String]]) -> String {
    let widths = (0..<(lines.first?.count ?? 0)).map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      zip(line, widths).enumerated().map { column, cell in
        let fill = String(repeating: " ", count: cell.1 - cell.0.count)
        return column < 2 ? cell.0 + fill : fill + cell.0
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
