/// The configuration that goes with the schema, as a user would write it.
extension RandomSchema {
  func yaml(source: String, target: String) -> String {
    let common = runTables.compactMap { tables[$0].marker }.first
    var lines = [
      "source: {connection: \(text(source)), schema: \(text(sourceSchema))}",
      "target: {connection: \(text(target)), schema: \(text(targetSchema))}",
      "origin: \(origin(common))",
      "stamps: {created: \(text(Self.stamps.created)), updated: \(text(Self.stamps.updated))}",
      "tables:",
    ]
    for index in runTables { lines += entry(index, common: common) }
    return lines.joined(separator: "\n") + "\n"
  }

  private func entry(_ index: Int, common: Marker?) -> [String] {
    let table = tables[index]
    var lines = ["  \(text(table.name)):"]
    switch table.sourceKind {
    case .table where table.sourceName != table.name: lines.append("    from: \(text(table.sourceName))")
    case .table: break
    case .view: lines.append("    from: \(text(viewName(index)))")
    case .query: lines.append("    query: \(text("SELECT * FROM \(sourceName(index)) AS q"))")
    }
    if table.isFiltered { lines.append("    where: \(text("src.\(Self.name(Self.filterColumn))"))") }
    if table.keyKind != .primary { lines.append("    key: \(list(table.key.map { table.columns[$0].name }))") }
    let mappings = table.live.compactMap { mapping(table.columns[$0], index) }
    if !mappings.isEmpty { lines += ["    columns:"] + mappings.map { "      \($0)" } }
    let skipped = table.live.map { table.columns[$0] }.filter { $0.role == .skipped }.map(\.name)
    if !skipped.isEmpty { lines.append("    skip: \(list(skipped))") }
    if let deletes = table.deletes {
      lines.append("    deletes: remove")
      lines += [deletes.most.map { "    max_delete: \($0)" }, deletes.mostLost.map { "    max_drop: \($0)" }]
        .compactMap(\.self)
      let scope = deletes.scope.flatMap { table.live.contains($0) ? table.columns[$0].name : nil }
      if let scope {
        lines.append("    scope: \(text("\(Self.name(scope)) IS NOT NULL"))")
      } else if table.isFiltered || table.sourceKind != .table {
        lines.append("    scope: \(text("true"))")
      }
    }
    if table.keepsSequences { lines.append("    sequences: keep") }
    if index % 2 == 1 { lines.append("    copy_format: text") }
    if table.marker.map(origin) != common.map(origin) { lines.append("    origin: \(origin(table.marker))") }
    let rules = table.liveReferences(self).filter { $0.kind == .configured }
    if !rules.isEmpty { lines += ["    references:"] + rules.map { "      - \(rule($0, of: table))" } }
    let order = text("src.\(Self.name(Self.orderColumn))")
    switch table.duplicates {
    case .error: break
    case .first: lines.append("    duplicates: {first: \(order)}")
    case .last: lines.append("    duplicates: {last: \(order)}")
    }
    return lines
  }

  private func mapping(_ column: Column, _ table: Int) -> String? {
    switch column.role {
    case .copied where column.sourceName != column.name: "\(text(column.name)): \(text(column.sourceName))"
    case .cut(let length):
      "\(text(column.name)): {expression: \(text("left(src.\(Self.name(column.sourceName)), \(length))"))}"
    case .constant(let value): "\(text(column.name)): {constant: \(value.map(text) ?? "")}"
    case .looked(let isNull):
      "\(text(column.name)): {lookup: \(text(lookupName(table))), by: {\(text(Self.lookupNumber)): \(text(Self.lookupNumber))}, "
        + "take: \(text(Self.lookupValue))\(isNull ? ", missing: null" : "")}"
    case .copied, .skipped, .targetOnly: nil
    }
  }

  private func origin(_ marker: Marker?) -> String {
    marker.map { "{column: \(text($0.column)), ours: \(text($0.ours))}" } ?? "none"
  }

  private func rule(_ reference: Reference, of table: Table) -> String {
    let parent = tables[reference.parent]
    let columns = list(reference.columns.map { table.columns[$0].name })
    return
      "{columns: \(columns), table: \(text(parent.name)), key: \(list(parent.key.map { parent.columns[$0].name }))}"
  }

  private func list(_ names: [String]) -> String { "[\(names.map(text).joined(separator: ", "))]" }

  /// In double quotes, where YAML takes every character.
  private func text(_ value: String) -> String {
    let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
      .replacing("\t", with: "\\t")
    return "\"\(escaped)\""
  }
}
