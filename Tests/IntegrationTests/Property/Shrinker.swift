/// Looks for a smaller case that fails in the same way: takes parts away as long as it still fails.
///
/// Nothing is generated anew. A case is a value; tables, references, columns, rounds and edits are taken out of it.
struct Shrinker {
  /// Whether a case fails in the way that is looked at, and how.
  let failure: (PropertyCase) async throws -> PropertyFailure?
  var budget = 200
  private(set) var runs = 0

  init(_ failure: @escaping (PropertyCase) async throws -> PropertyFailure?) { self.failure = failure }

  /// The smallest case found, and its failure.
  mutating func shrink(
    _ property: PropertyCase, _ found: PropertyFailure
  ) async throws -> (property: PropertyCase, failure: PropertyFailure) {
    var (smallest, failure) = (property, found)
    smallest.rounds = Array(smallest.rounds.prefix(found.round + 1))
    var isSmaller = true
    while isSmaller && runs < budget {
      isSmaller = false
      // Each pass goes through all parts; one that can go makes room for others in the next pass.
      var number = 0
      while runs < budget, number < Self.candidates(smallest).count {
        let candidate = Self.candidates(smallest)[number]
        runs += 1
        if let again = try await self.failure(candidate), again.kind == found.kind {
          (smallest, failure, isSmaller) = (candidate, again, true)
        } else {
          number += 1
        }
      }
    }
    return (smallest, failure)
  }

  /// Cases with one part less, the large parts first.
  static func candidates(_ property: PropertyCase) -> [PropertyCase] {
    withoutTables(property) + withoutRounds(property) + withoutEdits(property) + withoutReferences(property)
      + withoutColumns(property) + simpler(property)
  }

  private static func withoutTables(_ property: PropertyCase) -> [PropertyCase] {
    guard property.schema.runTables.count > 1 || property.schema.liveTables.count > property.schema.runTables.count
    else { return [] }
    return property.schema.liveTables.compactMap { table in
      let smaller = changed(property) { property in
        property.schema.tables[table].isDropped = true
        for round in property.rounds.indices { property.rounds[round].edits.removeAll { $0.table == table } }
      }
      return smaller.schema.runTables.isEmpty ? nil : smaller
    }
  }

  /// A round's edits go with the next round's; its sync is left out.
  private static func withoutRounds(_ property: PropertyCase) -> [PropertyCase] {
    property.rounds.indices.dropLast().map { round in
      changed(property) { property in
        property.rounds[round + 1].edits = property.rounds[round].edits + property.rounds[round + 1].edits
        property.rounds.remove(at: round)
      }
    }
  }

  /// Halves, quarters and eighths of a round's edits, then each alone.
  private static func withoutEdits(_ property: PropertyCase) -> [PropertyCase] {
    property.rounds.indices.flatMap { round in
      let count = property.rounds[round].edits.count
      return [2, 4, 8, max(9, count)].filter { $0 <= count }.flatMap { parts in
        (0..<parts).map { part in
          changed(property) {
            $0.rounds[round].edits.removeSubrange(part * count / parts..<(part + 1) * count / parts)
          }
        }
      }
    }
  }

  private static func withoutReferences(_ property: PropertyCase) -> [PropertyCase] {
    property.schema.liveTables.flatMap { table in
      property.schema.tables[table].references.indices
        .filter { !property.schema.tables[table].references[$0].isDropped }
        .map { number in changed(property) { $0.schema.tables[table].references[number].isDropped = true } }
    }
  }

  private static func withoutColumns(_ property: PropertyCase) -> [PropertyCase] {
    property.schema.liveTables.flatMap { table in
      let spec = property.schema.tables[table]
      return spec.live.filter { !spec.key.contains($0) }.map { column in
        changed(property) { $0.schema.tables[table].columns[column].isDropped = true }
      }
    }
  }

  private static func simpler(_ property: PropertyCase) -> [PropertyCase] {
    var cases = property.rounds.indices
      .filter {
        property.rounds[$0].settings.jobs > 1 || property.rounds[$0].settings.isAtomic
          || property.rounds[$0].settings.stopsAt != nil
      }
      .map { round in
        changed(property) {
          $0.rounds[round].settings = RoundSettings(isRepeated: $0.rounds[round].settings.isRepeated)
        }
      }
    for table in property.schema.liveTables {
      let spec = property.schema.tables[table]
      if spec.hasStamps { cases.append(changed(property) { $0.schema.tables[table].hasStamps = false }) }
      if spec.sourceKind != .table { cases.append(changed(property) { $0.schema.tables[table].sourceKind = .table }) }
      if spec.deletes != nil { cases.append(changed(property) { $0.schema.tables[table].deletes = nil }) }
      if spec.deletes?.scope != nil { cases.append(changed(property) { $0.schema.tables[table].deletes?.scope = nil }) }
      if spec.isSparse { cases.append(changed(property) { $0.schema.tables[table].isSparse = false }) }
      if spec.marker?.isOnSource == true {
        cases.append(changed(property) { $0.schema.tables[table].marker?.isOnSource = false })
      }
    }
    return cases
  }

  private static func changed(_ property: PropertyCase, _ change: (inout PropertyCase) -> Void) -> PropertyCase {
    var changed = property
    change(&changed)
    return changed
  }
}
