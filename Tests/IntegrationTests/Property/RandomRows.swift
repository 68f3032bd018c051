/// Makes random rows and changes of rows, clean and dirty.
struct RandomRows {
  private typealias Cells = [Int: String?]

  let schema: RandomSchema
  private var random: SeededGenerator
  /// How dirty the source is, in percent of the rows.
  private let dirt: Int
  /// Numbers of the keys that rows of each table were given, so that references mostly find a parent.
  private var used: [[Int]]
  /// Rows that the source was given, for those that an earlier run would have left on the target.
  private var made: [[Cells]]
  /// Numbers in columns that must be unique.
  private var fresh = 0
  /// Tables that have a row without a place among duplicates.
  private var unordered: Set<Int> = []

  init(schema: RandomSchema, seed: UInt64) {
    self.schema = schema
    random = SeededGenerator(seed: seed)
    dirt = random.pick([0, 0, 5, 15, 40])
    used = schema.tables.map { _ in [] }
    made = schema.tables.map { _ in [] }
  }

  /// Keys that the source's table has not had yet.
  mutating func takeKeys(_ table: Int, _ count: Int) -> [Int] {
    var keys: [Int] = []
    let range = max(5, (count + used[table].count) * 5 / 4)
    while keys.count < count {
      let key = random.number(0...range)
      guard !used[table].contains(key) else { continue }
      used[table].append(key)
      keys.append(key)
    }
    return keys
  }

  // MARK: - Source

  mutating func sourceInsert(_ table: Int, key: Int) -> Edit {
    var cells = cleanCells(table, key: key)
    spoil(&cells, table)
    made[table].append(cells)
    return Edit(end: .source, table: table, change: .insert, values: onSource(cells, table) + sourceExtras(table))
  }

  /// A second row with the key of another.
  mutating func sourceCopy(_ table: Int) -> Edit {
    var cells = someCells(table, share: 40)
    spoil(&cells, table)
    // Only once, so that no two rows of a key are without a place among the duplicates.
    let isUnordered = random.chance(40) && unordered.insert(table).inserted
    return Edit(
      end: .source, table: table, change: .copy(row: random.number(0...999)),
      values: onSource(refreshed(cells, table), table) + sourceExtras(table, isUnordered: isUnordered))
  }

  mutating func sourceUpdate(_ table: Int) -> Edit {
    var cells = someCells(table, share: 50)
    spoil(&cells, table)
    return Edit(
      end: .source, table: table, change: .update(row: random.number(0...999)), values: onSource(cells, table))
  }

  mutating func sourceKeyChange(_ table: Int) -> Edit {
    let key = random.chance(50) ? takeKeys(table, 1)[0] : used[table].randomElement(using: &random) ?? 0
    return Edit(
      end: .source, table: table, change: .update(row: random.number(0...999)),
      values: onSource(refreshed(keyCells(table, key), table), table))
  }

  mutating func sourceDelete(_ table: Int) -> Edit {
    Edit(end: .source, table: table, change: .delete(row: random.number(0...999)), values: [])
  }

  /// Columns that only the source has: the order among duplicates (never twice the same) and the filter.
  private mutating func sourceExtras(
    _ table: Int, isUnordered: Bool = false
  ) -> [(column: String, value: String?)] {
    fresh += 1
    let order = random.chance(50) ? "\(fresh)" : "-\(fresh)"
    return [
      (RandomSchema.orderColumn, isUnordered ? nil : order),
      (RandomSchema.filterColumn, random.pick(["t", "t", "t", "f", nil])),
    ] + (schema.tables[table].marker.map { [($0.column, random.pick(["D", "M", nil] as [String?]))] } ?? [])
  }

  // MARK: - Target

  /// A row of the app's, or one of ours as an earlier run left it, or what a person wrote by hand.
  mutating func targetInsert(_ table: Int) -> Edit {
    let spec = schema.tables[table]
    if random.chance(30), let cells = made[table].randomElement(using: &random) {
      let marker = spec.marker.map { [($0.column, Optional($0.ours))] } ?? []
      return Edit(end: .target, table: table, change: .insert, values: onTarget(cells, table) + marker)
    }
    let known = spec.isInRun ? used[table].randomElement(using: &random) : takeKeys(table, 1).first
    let key = random.chance(70) ? known ?? random.number(0...12) : random.number(0...40)
    var cells = cleanCells(table, key: key)
    // Where the key is no primary key, the app may leave it open; such a row is never matched.
    if let column = spec.key.first(where: { !spec.columns[$0].isNotNull }), random.chance(10) {
      cells.updateValue(nil, forKey: column)
    }
    var values = onTarget(cells, table)
    if let marker = spec.marker, random.chance(85) {
      values.append(
        (marker.column, random.chance(50) ? random.pick(marker.others) : random.pick([marker.ours, nil] as [String?])))
    }
    return Edit(end: .target, table: table, change: .insert, values: values)
  }

  mutating func targetUpdate(_ table: Int) -> Edit {
    Edit(
      end: .target, table: table, change: .update(row: random.number(0...999)),
      values: onTarget(someCells(table, share: 40), table))
  }

  /// The app makes a row its own, or gives one back.
  mutating func claim(_ table: Int) -> Edit {
    guard let marker = schema.tables[table].marker else { return targetUpdate(table) }
    let value = random.chance(70) ? random.pick(marker.others) : random.pick([marker.ours, nil] as [String?])
    return Edit(
      end: .target, table: table, change: .update(row: random.number(0...999)), values: [(marker.column, value)])
  }

  mutating func reparent(_ table: Int) -> Edit {
    Edit(
      end: .target, table: table, change: .update(row: random.number(0...999)),
      values: onTarget(referenceCells(table), table))
  }

  mutating func targetKeyChange(_ table: Int) -> Edit {
    // The row's unique values would stay with it, and the source's row would come again under its old key.
    guard schema.canRefuse || !schema.tables[table].hasUniqueColumn else { return targetUpdate(table) }
    return Edit(
      end: .target, table: table, change: .update(row: random.number(0...999)),
      values: onTarget(keyCells(table, random.number(0...40)), table))
  }

  mutating func targetDelete(_ table: Int) -> Edit {
    Edit(end: .target, table: table, change: .delete(row: random.number(0...999)), values: [])
  }

  // MARK: - Cells, by column number

  private mutating func cleanCells(_ table: Int, key: Int) -> Cells {
    let spec = schema.tables[table]
    var cells = someCells(table, share: 100)
    cells.merge(keyCells(table, key)) { _, key in key }
    for (number, column) in spec.columns.enumerated() where cells[number] == nil && !column.isUnique {
      cells[number] = column.type.clean(&random)
    }
    return refreshed(cells, table)
  }

  private mutating func keyCells(_ table: Int, _ key: Int) -> Cells {
    let spec = schema.tables[table]
    var cells: Cells = [:]
    for (column, value) in zip(spec.key, schema.keyValues(table, key)) {
      let alias = random.chance(8) ? spec.columns[column].type.alias : nil
      cells[column] = alias?(value) ?? value
    }
    return cells
  }

  /// New values for some of the columns beside the key. Columns that refer to a parent change together.
  private mutating func someCells(_ table: Int, share: Int) -> Cells {
    let spec = schema.tables[table]
    var cells: Cells = random.chance(share) ? referenceCells(table) : [:]
    let referring = Set(spec.references.flatMap(\.columns))
    for (number, column) in spec.columns.enumerated() where !spec.key.contains(number) && !referring.contains(number) {
      guard random.chance(share) else { continue }
      if column.isUnique {
        cells[number] = uniqueValue(column)
      } else {
        let isNull = !column.isNotNull && random.chance(20)
        cells.updateValue(isNull ? nil : column.type.clean(&random), forKey: number)
      }
    }
    return cells
  }

  private mutating func referenceCells(_ table: Int) -> Cells {
    var cells: Cells = [:]
    for reference in schema.tables[table].references {
      let known = used[reference.parent].randomElement(using: &random)
      let parent = random.chance(95) ? known ?? random.number(0...12) : random.number(0...40)
      // Where rows refer round in a circle, one orphan takes all of them along that no NULL holds back.
      let isNull = random.chance(reference.parent >= table ? 45 : 15)
      for (column, value) in zip(reference.columns, schema.keyValues(reference.parent, parent)) {
        let spec = schema.tables[table].columns[column]
        let alias = random.chance(5) ? spec.type.alias : nil
        // Now and then only a part of a reference is NULL.
        let isAbsent = !spec.isNotNull && (isNull || random.chance(2))
        if !schema.tables[table].key.contains(column) {
          cells.updateValue(isAbsent ? nil : alias?(value) ?? value, forKey: column)
        }
      }
    }
    return cells
  }

  /// A row under another key, or beside another one, must not take its unique values along.
  private mutating func refreshed(_ cells: Cells, _ table: Int) -> Cells {
    var cells = cells
    for (number, column) in schema.tables[table].columns.enumerated() where column.isUnique {
      cells[number] = uniqueValue(column)
    }
    return cells
  }

  /// Never twice the same, unless the case is about that.
  private mutating func uniqueValue(_ column: RandomSchema.Column) -> String {
    fresh += 1
    return schema.canRefuse && random.chance(60)
      ? column.type.fresh(random.number(-15 ... -1)) : column.type.fresh(fresh)
  }

  /// NULLs and values that do not fit, in columns of all kinds.
  private mutating func spoil(_ cells: inout Cells, _ table: Int) {
    guard random.chance(dirt) else { return }
    let spec = schema.tables[table]
    for _ in 0..<random.pick([1, 1, 1, 2, 3]) {
      guard let number = cells.keys.sorted().randomElement(using: &random) else { return }
      let column = spec.columns[number]
      if !column.isUnique, !column.type.dirty.isEmpty, random.chance(60) {
        cells[number] = random.pick(column.type.dirty)
      } else if column.isNotNull || spec.key.contains(number) {
        cells.updateValue(nil, forKey: number)
      } else if let parent = spec.references.first(where: { $0.columns.contains(number) })?.parent {
        let orphan = schema.keyValues(parent, 300 + random.number(0...9))
        for (column, value) in zip(spec.references.first { $0.parent == parent }!.columns, orphan) {
          cells[column] = value
        }
      }
    }
  }

  private func onSource(_ cells: Cells, _ table: Int) -> [(column: String, value: String?)] {
    let spec = schema.tables[table]
    return spec.onSource.compactMap { number in
      cells[number].map { (spec.columns[number].sourceName, $0) }
    }
  }

  /// As the target would hold them.
  private func onTarget(_ cells: Cells, _ table: Int) -> [(column: String, value: String?)] {
    let spec = schema.tables[table]
    return spec.live.compactMap { number in
      cells[number].map { value in (spec.columns[number].name, value.flatMap(spec.columns[number].type.held)) }
    }
  }
}
