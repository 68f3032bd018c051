import PostgresValues
import Yams

extension TableReader {
  /// What stands under a column with a `lookup`.
  func lookup(_ mapping: KnownMapping) -> LookupConfiguration? {
    mapping.require("by", "the columns by which the row is found, and the source row's columns that they equal")
    mapping.require("take", "the column whose value is taken")
    let by = mapping.node("by").map { matches($0, mapping.place) } ?? []
    let end = mapping.parsed("from", expected: "`source` or `target`", LookupConfiguration.End.init)
    guard let text = mapping.text("lookup") else { return nil }
    guard let table = tableName(text) else {
      mistakes.add(
        mapping.node("lookup"), "\(mapping.place): `\(text)` is no table name; expected `name` or `schema.name`")
      return nil
    }
    let missing = missing(mapping)
    guard let take = mapping.name("take"), !by.isEmpty else { return nil }
    return LookupConfiguration(table: table, by: by, take: take, end: end ?? .source, missing: missing)
  }

  /// YAML's own null is the word as well.
  private func missing(_ mapping: KnownMapping) -> LookupConfiguration.MissingRule {
    guard mapping.has("missing") else { return .reject }
    guard mapping.node("missing") != nil else { return .null }
    return mapping.parsed("missing", expected: "`reject` or `null`", LookupConfiguration.MissingRule.init) ?? .reject
  }

  private func matches(_ node: Node, _ place: String) -> [LookupConfiguration.Match] {
    guard let mapping = node.mapping, !mapping.isEmpty else {
      let found = node.mapping == nil ? node.kind : "an empty one"
      mistakes.add(
        node, "\(place): `by` takes a mapping from the looked-up table's columns to the source row's, found \(found)")
      return []
    }
    var named: Set<ObjectName> = []
    return mapping.compactMap { key, value in
      guard let column = key.text, !key.isEmpty, !column.isBlank else {
        mistakes.add(key, "\(place): a column's name is a text, found \(key.kind)")
        return nil
      }
      guard let text = value.text, !value.isEmpty, !text.isBlank else {
        mistakes.add(value, "\(place): `by` takes a column of the source row for `\(column)`, found \(value.kind)")
        return nil
      }
      let match = LookupConfiguration.Match(column: ObjectName(column), value: ObjectName(text))
      if !named.insert(match.column).inserted { mistakes.add(key, "\(place): `by` names `\(column)` twice") }
      return match
    }
  }
}
