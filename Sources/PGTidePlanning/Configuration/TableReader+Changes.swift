import PostgresValues
import Yams

extension TableReader {
  /// A column's name, or a mapping.
  func changeRule(_ node: Node, _ place: String) -> ChangeRule? {
    if let name = node.text, !node.isEmpty, !name.isBlank { return ChangeRule(column: ObjectName(name)) }
    guard node.mapping != nil,
      let mapping = KnownMapping(node, place: "`changed_by` of \(place)", keys: ConfigurationKeys.changedBy, mistakes)
    else {
      mistakes.add(
        node, "\(place): `changed_by` takes a source column, or {column: …, overlap: …}, found \(node.found)")
      return nil
    }
    mapping.require("column", "the source's column that says when a row was last changed")
    let overlap = mapping.parsed("overlap", expected: ChangeRule.expected("10min"), ChangeRule.duration)
    guard let column = mapping.name("column") else { return nil }
    return ChangeRule(column: column, overlap: overlap ?? ChangeRule.usualOverlap)
  }
}
