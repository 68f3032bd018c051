import FoundationEssentials

/// One fault: what it was, where it hit, how both runs ended, and what is wrong.
struct RoundResult: Sendable {
  let choice: FaultChoice
  let ended: PGTideProcess.Ended
  /// `nil`: the run ended before it came to the fault's place.
  let phase: Phase?
  var recovery: PGTideProcess.Ended?
  var recoverySizes: RunSizes?
  var violations: [String] = []
}

extension PGTideProcess.Ended {
  /// As much of the JSON report as the suite looks at.
  private struct Report: Decodable {
    struct Table: Decodable {
      struct Changes: Decodable { var since: String? }

      var table: String
      var status: String
      var retries: Int?
      var changes: Changes?

      enum CodingKeys: String, CodingKey {
        case table, status, retries
        case changes = "changed_by"
      }
    }
    var tables: [Table]
  }

  private var report: Report? { try? JSONDecoder().decode(Report.self, from: Data(output.utf8)) }

  /// What the report says of each table; empty when there is none.
  var reported: [String: String] {
    Dictionary((report?.tables ?? []).map { ($0.table, $0.status) }) { first, _ in first }
  }

  /// What it said, in short.
  var told: String {
    let words = reported.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    return errors + (words.isEmpty ? output : "report: \(words)")
  }

  /// Chunks and merges that were tried again.
  var retries: Int { (report?.tables ?? []).compactMap(\.retries).reduce(0, +) }

  /// Only changed rows of some table were read.
  var readsChanges: Bool { report?.tables.contains { $0.changes?.since != nil } == true }

  /// Whether a run may end like this under a fault of this kind.
  func violations(_ choice: FaultChoice) -> [String] {
    if [errors, output].contains(where: { $0.contains("25P02") || $0.contains("transaction is aborted") }) {
      return ["the cause hides behind the error that followed it: \(told)"]
    }
    if hasHung { return ["it hung, and had to be killed: \(errors)"] }
    let isKilled = [.killed, .stalledAndKilled].contains(choice.kind)
    // 0: it got over it; 1 and 3: nothing or not all landed; 5: no connection. docs/reference/exit-codes.md.
    let allowed: [Int32] = [0, 1, 3, 5]
    if let status {
      guard allowed.contains(status) else { return ["\(label) is no fitting exit status: \(told)"] }
      let words = reported.values
      if status == 0, words.contains(where: { $0 != "success" }) || words.count != SuiteTable.all.count {
        return ["exit 0, but the report says \(reported)"]
      }
      return []
    }
    return isKilled && signal == 9 ? [] : ["\(label): it crashed: \(errors)"]
  }
}
