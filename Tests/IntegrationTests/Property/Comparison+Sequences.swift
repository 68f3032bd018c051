/// Sequences behind columns that a sync fills.
extension Comparison {
  /// One gives a number that no row has, if rows were written; it never goes back, and where it is kept nothing is drawn.
  func differences(sequencesBefore before: DatabaseState, after: DatabaseState) -> [String] {
    schema.runTables.flatMap { table in
      let spec = schema.tables[table]
      let numbered = spec.live.filter { spec.columns[$0].sequence != nil && spec.mapped.contains($0) }
      return numbered.compactMap { number -> String? in
        let column = spec.columns[number].name
        let name = DatabaseState.sequenceName(table: spec.name, column: column)
        guard let was = before.sequences[name], let next = after.sequences[name] else { return "\(name): no sequence" }
        if next < was { return "\(name) has gone back from \(was) to \(next)" }
        let isWritten = landings[table] == .lands && (expected[table].map { $0.inserted + $0.updated > 0 } ?? false)
        guard isWritten, !spec.keepsSequences else {
          return next == was ? nil : "\(name) has been drawn from: it gave \(was) next, now \(next)"
        }
        let largest = after.tables[table].rows.compactMap { $0[column].flatMap(Int.init) }.max() ?? 0
        guard let expected = expected[table], expected.inserted > 0 else { return nil }
        return next > largest ? nil : "\(name) gives \(next) next, and \(largest) is there"
      }
    }
  }
}
