/// What stands in a row's columns, clean and dirty.
extension RandomRows {
  mutating func cleanCells(_ table: Int, key: Int) -> Cells {
    let spec = schema.tables[table]
    var cells = someCells(table, share: 100)
    cells.merge(keyCells(table, key)) { _, key in key }
    for (number, column) in spec.columns.enumerated() where cells[number] == nil && !column.isUnique {
      cells[number] = column.type.clean(&random)
    }
    return refreshed(cells, table)
  }

  mutating func keyCells(_ table: Int, _ key: Int) -> Cells {
    let spec = schema.tables[table]
    var cells: Cells = [:]
    for (column, value) in zip(spec.key, schema.keyValues(table, key)) {
      let alias = random.chance(8) ? spec.columns[column].type.alias : nil
      cells[column] = alias?(value) ?? value
    }
    return cells
  }

  /// New values for some of the columns beside the key. Columns that refer to a parent change together.
  mutating func someCells(_ table: Int, share: Int) -> Cells {
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

  mutating func referenceCells(_ table: Int) -> Cells {
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
  mutating func refreshed(_ cells: Cells, _ table: Int) -> Cells {
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
  mutating func spoil(_ cells: inout Cells, _ table: Int) {
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

  func onSource(_ cells: Cells, _ table: Int) -> [(column: String, value: String?)] {
    let spec = schema.tables[table]
    return spec.onSource.compactMap { number in
      cells[number].map { (spec.columns[number].sourceName, $0) }
    }
  }

  /// As the target would hold them.
  func onTarget(_ cells: Cells, _ table: Int) -> [(column: String, value: String?)] {
    let spec = schema.tables[table]
    return spec.live.compactMap { number in
      cells[number].map { value in (spec.columns[number].name, value.flatMap(spec.columns[number].type.held)) }
    }
  }
}
