import PGTide

/// Makes a case out of its seed: the same seed, the same case.
struct CaseGenerator {
  private var random: SeededGenerator
  private let seed: UInt64
  private let schema: RandomSchema
  private var rows: RandomRows
  /// Empty targets and a source without dirt, as a first load asks for that goes without a stage.
  private let isClean: Bool

  init(seed: UInt64) {
    self.seed = seed
    random = SeededGenerator(seed: seed)
    var generator = SchemaGenerator(seed: random.next())
    schema = generator.schema()
    let isClean = random.chance(70) && generator.isPlain
    self.isClean = isClean
    rows = RandomRows(schema: schema, seed: random.next(), isClean: isClean)
  }

  static func make(seed: UInt64) -> PropertyCase {
    var generator = CaseGenerator(seed: seed)
    return generator.make()
  }

  private mutating func make() -> PropertyCase {
    var rounds = [Round(edits: firstRows(), settings: settings())]
    for _ in 1...random.number(1...3) { rounds.append(Round(edits: edits(), settings: settings())) }
    rounds[rounds.count - 1].settings.maxRejects = nil
    rounds[rounds.count - 1].settings.isRepeated = true
    for round in rounds.indices where random.chance(8) { rounds[round].settings.stopsAt = random.number(1...12) }
    for round in rounds.indices where seed >> round & 1 == 1 { rounds[round].settings.keyCache = .on }
    return PropertyCase(seed: seed, schema: schema, rounds: rounds)
  }

  private mutating func settings() -> RoundSettings {
    var settings = RoundSettings(
      jobs: random.number(1...4), chunkBytes: random.pick([64 << 10, 64 << 10, 128 << 10, 16 << 20]),
      chunkRows: random.pick([nil, 1, 1, 3]), isRehearsed: random.chance(15), isAtomic: random.chance(20),
      isRepeated: random.chance(10))
    // How many rows the target refuses is not known beforehand.
    if !settings.isRehearsed, !settings.isRepeated, !schema.mayRefuse, random.chance(12) {
      settings.maxRejects = random.pick([0, 0, 2, 5])
    }
    return settings
  }

  // MARK: - Rows at the start

  /// What stands on both ends before the first sync, parents first.
  private mutating func firstRows() -> [Edit] {
    var edits: [Edit] = []
    for table in schema.tables.indices {
      let count = random.chance(6) ? random.number(60...150) : random.number(0...18)
      if schema.tables[table].isInRun {
        edits += rows.firstLooks(table)
        for key in rows.takeKeys(table, count) { edits.append(rows.sourceInsert(table, key: key)) }
        let copies = isClean ? 0 : random.pick([0, 0, 1, 2])
        for _ in 0..<copies { edits.append(rows.sourceCopy(table)) }
        if random.chance(30) { edits.append(Edit(end: .source, table: table, change: .analyze, values: [])) }
      }
    }
    // Before the first sync of all the app has nothing in these tables.
    let isFirst = isClean || random.chance(40)
    for table in schema.tables.indices {
      let count = schema.tables[table].isInRun ? random.number(0...(isFirst ? 0 : 10)) : random.number(3...12)
      for _ in 0..<count { edits.append(rows.targetInsert(table)) }
    }
    return edits
  }

  // MARK: - Edits between runs

  private mutating func edits() -> [Edit] {
    var edits: [Edit] = []
    for table in schema.tables.indices {
      let isInRun = schema.tables[table].isInRun
      for _ in 0..<random.number(0...4) where isInRun { edits.append(sourceEdit(table)) }
      for _ in 0..<random.number(0...4) { edits.append(targetEdit(table)) }
    }
    edits.shuffle(using: &random)
    // Now and then a table of the source is found empty.
    for table in schema.tables.indices
    where schema.tables[table].isInRun && schema.tables[table].deletes != nil && random.chance(3) {
      edits.append(Edit(end: .source, table: table, change: .empty, values: []))
    }
    return edits
  }

  private mutating func sourceEdit(_ table: Int) -> Edit {
    let spec = schema.tables[table]
    if schema.movesUnique, spec.hasUniqueColumn, random.chance(40) { return rows.passing(table) }
    if spec.looked != nil, random.chance(25) { return rows.lookEdit(table) }
    if spec.deletes != nil, random.chance(20) { return rows.sourceDelete(table) }
    return switch random.number(0...9) {
    case 0...2: rows.sourceInsert(table, key: rows.takeKeys(table, 1).first ?? 0)
    case 3...6: rows.sourceUpdate(table)
    case 7: rows.sourceKeyChange(table)
    case 8: rows.sourceDelete(table)
    default: rows.sourceCopy(table)
    }
  }

  private mutating func targetEdit(_ table: Int) -> Edit {
    switch random.number(0...9) {
    case 0...2: rows.targetInsert(table)
    case 3...5: rows.targetUpdate(table)
    case 6: rows.claim(table)
    case 7: rows.reparent(table)
    case 8: rows.targetKeyChange(table)
    default: rows.targetDelete(table)
    }
  }
}
