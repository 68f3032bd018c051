import PostgresValues
import Yams

/// Reads what the file says of one table.
package struct TableReader {
  package let configuration: ConfigurationReader

  var mistakes: MistakeCollector { configuration.mistakes }

  /// - Parameters:
  ///   - name: the target's table, `name` or `schema.name`.
  ///   - key: where the name stands.
  ///   - value: what is said of the table; `nil` if nothing.
  package func table(_ name: String, at key: Node, _ value: Node?) -> TableConfiguration? {
    guard let target = tableName(name) else {
      mistakes.add(key, "`\(name)` is no table name; expected `name` or `schema.name`")
      return nil
    }
    guard let value else { return TableConfiguration(target: target, line: key.mark?.line) }
    let place = "table `\(name)`"
    guard
      let mapping = KnownMapping(
        value, place: place, keys: ConfigurationKeys.table, mayBeEmpty: ConfigurationKeys.tableMayBeEmpty, mistakes)
    else { return nil }
    let table = TableConfiguration(
      target: target, source: source(mapping), filter: mapping.text("where"),
      key: pairing(mapping) == nil ? mapping.names("key") : [], pairing: pairing(mapping),
      skip: mapping.names("skip", mayBeEmpty: true), columns: mapping.node("columns").map { columns($0, place) } ?? [],
      origin: mapping.node("origin").flatMap { configuration.originRule($0, in: "`origin` of \(place)") },
      stamps: mapping.node("stamps").flatMap { configuration.stampRule($0, in: "`stamps` of \(place)") },
      references: mapping.node("references").map { references($0, place) } ?? [],
      ignoredReferences: mapping.names("ignore_references", mayBeEmpty: true),
      duplicates: mapping.node("duplicates").map { duplicates($0, place) } ?? .rejectAll,
      nullKey: mapping.parsed("null_key", expected: "`reject` or `equal`", NullKeyRule.init) ?? .reject,
      onUpdate: mapping.node("on_update").map { onUpdate($0, place) } ?? .reject,
      sequences: mapping.node("sequences").flatMap { configuration.sequenceRule($0, in: place) },
      deletes: mapping.word("deletes"), scope: mapping.text("scope"), maxDelete: mapping.limit("max_delete"),
      maxDrop: mapping.limit("max_drop"), expect: mapping.text("expect"),
      copyFormat: mapping.value(Settings.copyFormat),
      line: key.mark?.line)
    check(table, mapping)
    checkPairing(table, mapping)
    return table
  }

  func tableName(_ text: String) -> TableName? {
    let parts = text.unicodeScalars.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
    guard parts.count <= 2, parts.allSatisfy({ !$0.isBlank }), let name = parts.last else { return nil }
    return TableName(schema: parts.count == 2 ? parts[0] : nil, name: name)
  }

  private func source(_ mapping: KnownMapping) -> SourceConfiguration {
    if mapping.node("query") != nil, let from = mapping.node("from") {
      mistakes.add(from, "\(mapping.place): `from` and `query` exclude each other")
    }
    if let query = mapping.text("query") { return .query(query) }
    guard let from = mapping.text("from") else { return .sameName }
    guard let name = tableName(from) else {
      mistakes.add(
        mapping.node("from"), "\(mapping.place): `\(from)` is no table name; expected `name` or `schema.name`")
      return .sameName
    }
    return .relation(name)
  }

  // MARK: - Columns

  private func columns(_ node: Node, _ place: String) -> [ColumnMapping] {
    guard let mapping = node.mapping else {
      mistakes.add(node, "\(place): `columns` takes a mapping from target columns to what they get, found \(node.kind)")
      return []
    }
    var named: Set<ObjectName> = []
    return mapping.compactMap { key, value in
      guard let text = key.text, !key.isEmpty, !text.isBlank else {
        mistakes.add(key, "\(place): a column's name is a text, found \(key.kind)")
        return nil
      }
      let column = ObjectName(text)
      // YAML tells 1 from "1"; as names they are the same.
      if !named.insert(column).inserted { mistakes.add(key, "\(place): `columns` names `\(column)` twice") }
      return self.value(value, column, place).map { ColumnMapping(column: column, value: $0) }
    }
  }

  private func value(_ node: Node, _ column: ObjectName, _ place: String) -> ColumnMapping.Value? {
    if let name = node.text, !node.isEmpty, !name.isBlank { return .renamed(ObjectName(name)) }
    guard node.mapping != nil,
      let mapping = KnownMapping(
        node, place: "column `\(column)` of \(place)", keys: ConfigurationKeys.column,
        mayBeEmpty: ConfigurationKeys.columnMayBeEmpty, mistakes)
    else {
      mistakes.add(
        node,
        "\(place): column `\(column)` takes a source column, {constant: …}, {expression: …} or {lookup: …}, "
          + "found "
          + node.kind)
      return nil
    }
    let contents = ["constant", "expression", "lookup"].filter(mapping.has)
    if contents.count > 1 {
      mistakes.add(node, "\(mapping.place): `\(contents[0])` and `\(contents[1])` exclude each other")
    }
    if !contents.contains("lookup"), let key = ["by", "take", "from", "missing"].first(where: mapping.has) {
      mistakes.add(node, "\(mapping.place): `\(key)` belongs to a `lookup`")
    }
    if mapping.node("lookup") != nil { return lookup(mapping).map { .lookup($0) } }
    if mapping.node("expression") != nil { return mapping.text("expression").map { .expression($0) } }
    if mapping.has("constant") { return .constant(mapping.text("constant", mayBeEmpty: true)) }
    mistakes.add(node, "\(mapping.place): expected a `constant`, an `expression` or a `lookup`")
    return nil
  }

  // MARK: - Rules

  private func references(_ node: Node, _ place: String) -> [ReferenceConfiguration] {
    guard let sequence = node.sequence else {
      mistakes.add(node, "\(place): `references` takes a list of {columns: …, table: …}, found \(node.kind)")
      return []
    }
    return sequence.compactMap { element in
      guard
        let mapping = KnownMapping(
          element, place: "a reference of \(place)", keys: ConfigurationKeys.reference,
          mayBeEmpty: ["columns", "table"], mistakes)
      else { return nil }
      mapping.require("columns", "the columns that refer")
      mapping.require("table", "the target's table that they refer to")
      let (columns, key) = (mapping.names("columns"), mapping.names("key"))
      if !key.isEmpty, !columns.isEmpty, key.count != columns.count {
        mistakes.add(
          mapping.node("key"), "\(mapping.place): \(columns.count) `columns` cannot refer to \(key.count) of `key`")
      }
      guard !columns.isEmpty, let table = mapping.text("table") else { return nil }
      guard let parent = tableName(table) else {
        mistakes.add(mapping.node("table"), "\(mapping.place): `\(table)` is no table name")
        return nil
      }
      return ReferenceConfiguration(columns: columns, parent: parent, parentColumns: key)
    }
  }

  private func duplicates(_ node: Node, _ place: String) -> DuplicateRule {
    if node.text == "error" { return .rejectAll }
    guard node.mapping != nil,
      let mapping = KnownMapping(
        node, place: "`duplicates` of \(place)", keys: ConfigurationKeys.duplicates, mayBeEmpty: ["first", "last"],
        mistakes)
    else {
      mistakes.add(
        node, "\(place): `duplicates` takes `error`, {first: expression} or {last: expression}, found \(node.found)")
      return .rejectAll
    }
    switch (mapping.has("first"), mapping.has("last")) {
    case (true, false) where mapping.node("first") != nil:
      return mapping.text("first").map { .first(by: $0) } ?? .rejectAll
    case (false, true) where mapping.node("last") != nil:
      return mapping.text("last").map { .last(by: $0) } ?? .rejectAll
    default:
      mistakes.add(node, "\(place): `duplicates` takes one of `first` and `last`, with an SQL expression")
      return .rejectAll
    }
  }

  private func onUpdate(_ node: Node, _ place: String) -> UpdateRule {
    if let rule = node.text.flatMap(UpdateRule.init) { return rule }
    mistakes.add(node, "\(place): `on_update` takes `reject` or `allow`, found \(node.found)")
    return .reject
  }

  // MARK: - What can be checked without a server

  private func check(_ table: TableConfiguration, _ mapping: KnownMapping) {
    for name in Set(table.skip).intersection(table.columns.map(\.column)).sorted() {
      mistakes.add(mapping.node("skip"), "\(mapping.place): column `\(name)` stands under `skip` and under `columns`")
    }
    for name in Set(table.skip).intersection(table.key).sorted() {
      mistakes.add(
        mapping.node("skip"), "\(mapping.place): column `\(name)` is part of the key, so it cannot be skipped")
    }
    if Set(table.references).count < table.references.count {
      mistakes.add(mapping.node("references"), "\(mapping.place): the same reference stands twice")
    }
  }
}
