/// Makes random rows and changes of rows, clean and dirty.
struct RandomRows {
  /// New values, by column number.
  typealias Cells = [Int: String?]

  let schema: RandomSchema
  var random: SeededGenerator
  /// How dirty the source is, in percent of the rows.
  let dirt: Int
  /// Numbers of the keys that rows of each table were given, so that references mostly find a parent.
  var used: [[Int]]
  /// Rows that the source was given, for those that an earlier run would have left on the target.
  private var made: [[Cells]]
  /// Numbers in columns that must be unique.
  var fresh = 0
  /// Tables that have a row without a place among duplicates.
  private var unordered: Set<Int> = []

  init(schema: RandomSchema, seed: UInt64, isClean: Bool = false) {
    self.schema = schema
    random = SeededGenerator(seed: seed)
    dirt = isClean ? 0 : random.pick([0, 0, 5, 15, 40])
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
      (RandomSchema.lookupNumber, random.chance(10) ? nil : "\(random.number(0...Self.looks + 1))"),
      (RandomSchema.filterColumn, random.pick(["t", "t", "t", "f", nil])),
    ] + (schema.tables[table].marker.map { [($0.column, random.pick(["D", "M", nil] as [String?]))] } ?? [])
  }

  /// Numbers that are mostly in a lookup table.
  private static let looks = 5

  /// Fills a lookup table; a number may be missing, and one may say two things.
  mutating func firstLooks(_ table: Int) -> [Edit] {
    guard let looked = schema.tables[table].looked else { return [] }
    let ambiguous = dirt > 0 && random.chance(30) ? [random.number(0...Self.looks)] : []
    return (Array(0...Self.looks) + ambiguous).map { look(table, looked, number: $0, replaces: false) }
  }

  mutating func lookEdit(_ table: Int) -> Edit {
    guard let looked = schema.tables[table].looked else { return sourceUpdate(table) }
    let number = random.number(0...Self.looks)
    if random.chance(20) { return Edit(end: .source, table: table, change: .forgetLook(number: number), values: []) }
    return look(table, looked, number: number, replaces: random.chance(90))
  }

  private mutating func look(_ table: Int, _ looked: Int, number: Int, replaces: Bool) -> Edit {
    let column = schema.tables[table].columns[looked]
    let isNull = !column.isNotNull && random.chance(15)
    let value =
      random.chance(dirt)
      ? column.type.dirty.randomElement(using: &random) ?? column.type.clean(&random)
      : column.type.clean(&random)
    return Edit(
      end: .source, table: table, change: .look(number: number, value: isNull ? nil : value, replaces: replaces),
      values: [])
  }

  /// Rows pass their unique values round, or on, or take those of rows that go.
  mutating func passing(_ table: Int) -> Edit {
    let spec = schema.tables[table]
    let columns = spec.columns.filter { $0.isUnique && $0.role == .copied }
    guard let column = columns.randomElement(using: &random) else { return sourceUpdate(table) }
    let row = random.number(0...999)
    fresh += 1
    let change: Edit.Change =
      switch random.number(0...9) {
      case 0...3: .pass(column: column.sourceName, row: row, count: random.pick([2, 2, 3, 5]), end: nil)
      case 4...6:
        .pass(column: column.sourceName, row: row, count: random.pick([2, 3, 5]), end: column.type.fresh(fresh))
      default: .takeOver(column: column.sourceName, row: row)
      }
    return Edit(end: .source, table: table, change: change, values: [])
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
    guard schema.mayRefuse || !schema.tables[table].hasUniqueColumn else { return targetUpdate(table) }
    return Edit(
      end: .target, table: table, change: .update(row: random.number(0...999)),
      values: onTarget(keyCells(table, random.number(0...40)), table))
  }

  mutating func targetDelete(_ table: Int) -> Edit {
    Edit(end: .target, table: table, change: .delete(row: random.number(0...999)), values: [])
  }
}
