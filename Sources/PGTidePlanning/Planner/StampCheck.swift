import PostgresValues

/// Whether the stamps of the whole configuration are columns of any table.
package struct StampCheck {
  package let configuration: SyncConfiguration
  package let target: TargetFacts

  /// A table without them is nothing to speak of, but a name that no table has is likely to be a mistake. Of a selection
  /// of tables nothing can be said.
  package var warnings: [String] {
    guard !configuration.isSelection else { return [] }
    let tables = configuration.tables.filter { $0.stamps == nil }
      .compactMap { target.catalog.tables[configuration.targetName($0.target)] }
    guard !tables.isEmpty else { return [] }
    let names = [
      ("created", configuration.stamps.created?.identifier), ("updated", configuration.stamps.updated?.identifier),
    ]
    return names.compactMap { kind, name in
      guard let name, !tables.contains(where: { $0.column(name) != nil }) else { return nil }
      let known = Set(tables.flatMap(\.columns).map(\.name)).sorted()
      let advice = NearestName.advice(for: name, among: known) ?? "Correct the name, or leave it out"
      return
        "no table has the stamp column \(name) that `stamps` names under `\(kind)`, so these times are not set. \(advice)"
    }
  }
}
