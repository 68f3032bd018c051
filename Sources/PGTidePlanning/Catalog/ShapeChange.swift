import PostgresValues

/// How a relation, or what the user's own SQL returns, has changed since the plan.
package enum ShapeChange {
  /// What was planned upon and what there is now, for people; `nil` if they are the same.
  package static func between(_ planned: [String], _ now: [String]) -> String? {
    guard planned != now else { return nil }
    if now.isEmpty { return "it is gone" }
    let (old, new) = (Set(planned), Set(now))
    let gone = planned.filter { !new.contains($0) }.map(shown)
    let come = now.filter { !old.contains($0) }.map(shown)
    if gone.isEmpty && come.isEmpty { return "its columns stand in another order" }
    return [gone.isEmpty ? nil : "it had \(list(gone))", come.isEmpty ? nil : "it has \(list(come))"]
      .compactMap(\.self).joined(separator: ", ")
  }

  private static func list(_ parts: [Substring]) -> String {
    parts.prefix(5).joined(separator: ", ") + (parts.count > 5 ? " and \(parts.count - 5) more" : "")
  }

  /// The part of a line that is for people.
  private static func shown(_ line: String) -> Substring {
    line.lastIndex(of: ";").map { line[..<$0] } ?? line[...]
  }
}
