/// Makes a random schema.
struct SchemaGenerator {
  var random: SeededGenerator
  private var names: [String]
  /// Both ends have the same types, keys and foreign keys, as a first load asks for that goes without a stage.
  private(set) var isPlain = false
  /// Percent of the cases in which rows may be refused by constraints of the target.
  static let refusals = 25
  /// Percent of the cases in which rows pass their unique values round.
  private static let moves = 25
  /// Percent of the cases in which rows are deleted that the source lacks.
  private static let removals = 60
  private var removes = false

  private static let tableNames = [
    "order", "Mixed Case", "has \"quotes\"", "ünïcode", "it's", "user", "plain", "1st", "a-b", "100%", "select", "$x",
    "a_table_with_a_name_that_is_nearly_as_long_as_names_can_be_here", "s", "duplicates",
  ]
  private static let columnNames = [
    "id", "Name", "order", "has \"quote\"", "s", "t", "d", "p", "src", "row_id", "verdict", "marker", "k1", "place",
    "ümlaut",
    "two words", "select", "it's", "100%", "$1", "value", "count", "group", "NULL", "true", "123", "written", "stage",
    "keys",
    "ranked", "a:b", "#", "user", "now", "xmin2", "'quoted'",
  ]

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    names = Self.tableNames.shuffled(using: &random)
  }

  mutating func schema() -> RandomSchema {
    let count = random.pick([1, 1, 2, 2, 3, 3, 4, 5, 6])
    var schema = RandomSchema(
      sourceSchema: random.pick(["public", "Office \"Data\"", "office"]),
      targetSchema: random.pick(["public", "app", "The App's"]), tables: [])
    isPlain = random.chance(30)
    schema.canRefuse = !isPlain && random.chance(Self.refusals)
    schema.movesUnique = !isPlain && random.chance(Self.moves)
    removes = random.chance(Self.removals)
    let markers = [marker(), marker()]
    for index in 0..<count {
      let marker = random.chance(15) ? nil : random.chance(80) ? markers[0] : markers[1]
      addTable(to: &schema, index, marker: marker)
    }
    addCycles(to: &schema)
    letCyclesWait(&schema)
    return schema
  }

  // MARK: - Tables

  private mutating func addTable(to schema: inout RandomSchema, _ index: Int, marker: RandomSchema.Marker?) {
    let name = names[index]
    var columns = ColumnNames(Self.columnNames.filter { $0 != marker?.column }.shuffled(using: &random))
    var table = RandomSchema.Table(
      name: name, sourceName: random.chance(20) ? "src \(name.prefix(20))" : name, columns: [], key: [],
      keyKind: .primary)
    table.isInRun = index == 0 || random.chance(88)
    table.marker = marker
    table.hasStamps = random.chance(50)
    table.duplicates = random.pick([.error, .error, .first, .last])
    if isPlain { table.duplicates = .error }
    table.sourceKind = random.pick([.table, .table, .table, .table, .view, .query])
    table.isFiltered = random.chance(12)
    table.isSparse = random.chance(50)
    table.keyKind = isPlain ? .primary : random.pick([.primary, .primary, .primary, .unique, .surrogate, .identity])
    let parents = index == 0 ? [] : (0..<random.number(0...2)).map { _ in random.number(0...index - 1) }
    addKey(to: &table, index, parents: parents, in: schema, &columns)
    for parent in parents { addReference(to: &table, index, parent: parent, in: schema, &columns) }
    addOtherColumns(to: &table, schema, &columns)
    addSequences(to: &table)
    if removes, random.chance(75) { table.deletes = deletes(table) }
    schema.tables.append(table)
    if random.chance(20) { addSelfReference(to: &schema, index, &columns) }
  }

  private mutating func addKey(
    to table: inout RandomSchema.Table, _ index: Int, parents: [Int], in schema: RandomSchema,
    _ names: inout ColumnNames
  ) {
    if let parent = parents.first, random.chance(20) {
      // A key that holds the parent's, such as a line of an order.
      let columns = copies(of: schema.tables[parent], isNotNull: true, into: &table, &names)
      table.references.append(reference(index, "in key", columns: columns, parent: parent))
      table.key = columns
    }
    let own = table.key.isEmpty ? random.pick([1, 1, 1, 2, 3]) : 1
    for _ in 0..<own {
      let type = random.pick(allowed(ColumnType.keys))
      table.columns.append(column(names.next(), type, isNotNull: table.keyKind == .primary || random.chance(50)))
      table.key.append(table.columns.count - 1)
    }
    if table.keyKind == .primary { for column in table.key { table.columns[column].isNotNull = true } }
  }

  private mutating func addReference(
    to table: inout RandomSchema.Table, _ index: Int, parent: Int, in schema: RandomSchema, _ names: inout ColumnNames
  ) {
    let columns = copies(of: schema.tables[parent], isNotNull: random.chance(25), into: &table, &names)
    table.references.append(reference(index, "\(table.references.count)", columns: columns, parent: parent))
  }

  private mutating func addSelfReference(to schema: inout RandomSchema, _ index: Int, _ names: inout ColumnNames) {
    var table = schema.tables[index]
    let columns = copies(of: table, isNotNull: random.chance(10), into: &table, &names)
    table.references.append(reference(index, "self", columns: columns, parent: index))
    schema.tables[index] = table
  }

  /// References back to later tables.
  private mutating func addCycles(to schema: inout RandomSchema) {
    guard schema.tables.count > 1, random.chance(35) else { return }
    for number in 0..<random.number(1...2) {
      let from = random.number(0...schema.tables.count - 2)
      let to = random.number(from + 1...schema.tables.count - 1)
      var names = ColumnNames((1...20).map { "back \(number) \($0)" })
      var table = schema.tables[from]
      let columns = copies(of: schema.tables[to], isNotNull: random.chance(15), into: &table, &names)
      table.references.append(reference(from, "back \(number)", columns: columns, parent: to))
      schema.tables[from] = table
    }
  }

  /// Columns that refer to the key of `parent`.
  private mutating func copies(
    of parent: RandomSchema.Table, isNotNull: Bool, into table: inout RandomSchema.Table, _ names: inout ColumnNames
  ) -> [Int] {
    parent.key.map { key in
      table.columns.append(column(names.next(), parent.columns[key].type, isNotNull: isNotNull))
      return table.columns.count - 1
    }
  }

  private mutating func reference(
    _ table: Int, _ name: String, columns: [Int], parent: Int
  ) -> RandomSchema.Reference {
    var reference = RandomSchema.Reference(name: "fk \(table) \(name)", columns: columns, parent: parent)
    if isPlain { return reference }
    reference.kind = random.pick([.foreignKey, .foreignKey, .foreignKey, .foreignKey, .notValid, .configured])
    reference.onDelete = random.pick(["NO ACTION", "NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"])
    reference.isMatchFull = random.chance(20)
    reference.deferral = random.pick(["", "", "", "DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"])
    return reference
  }

  /// Foreign keys in a cycle of several tables must be able to wait until the end of a transaction.
  private mutating func letCyclesWait(_ schema: inout RandomSchema) {
    func reaches(_ from: Int, _ to: Int) -> Bool {
      var seen: Set<Int> = [from]
      var open = [from]
      while let table = open.popLast() {
        if table == to { return true }
        for parent in schema.tables[table].references.map(\.parent) where seen.insert(parent).inserted {
          open.append(parent)
        }
      }
      return false
    }
    for (index, table) in schema.tables.enumerated() {
      for (number, reference) in table.references.enumerated()
      where reference.deferral.isEmpty && reference.parent != index && reaches(reference.parent, index) {
        schema.tables[index].references[number].deferral = "DEFERRABLE"
      }
    }
  }

  // MARK: - Columns

  private func allowed(_ types: [ColumnType]) -> [ColumnType] {
    isPlain ? types.filter { $0.source == $0.target && $0.dirty.isEmpty } : types
  }

  private mutating func column(_ name: String, _ type: ColumnType, isNotNull: Bool) -> RandomSchema.Column {
    RandomSchema.Column(
      name: name, sourceName: random.chance(15) ? "src \(name)" : name, type: type, isNotNull: isNotNull)
  }

  private mutating func addOtherColumns(
    to table: inout RandomSchema.Table, _ schema: RandomSchema, _ names: inout ColumnNames
  ) {
    for _ in 0..<random.pick([0, 1, 1, 2, 2, 3, 4, 6]) {
      var column = column(names.next(), random.pick(allowed(ColumnType.all)), isNotNull: random.chance(25))
      if random.chance(25) { column.defaultValue = column.type.held(column.type.clean(&random)) }
      switch isPlain ? 99 : random.number(0...99) {
      case 0..<5: column.role = .constant(column.type.held(column.type.clean(&random)))
      case 5..<9: column.role = .skipped
      case 9..<18: column.role = .targetOnly
      case 18..<26:
        column.type = .textToShort
        column.role = .cut(random.number(1...5))
      case 26..<(schema.movesUnique ? 50 : 36):
        column.type = random.pick([.int4, .text])
        column.isUnique = true
        column.defaultValue = nil
      case 50..<60 where schema.canRefuse:
        column.type = random.pick([.int4, .text])
        column.forbidden = column.type.clean(&random)
        column.defaultValue = nil
      case 60..<66 where table.looked == nil:
        column.role = .looked(nullIfMissing: random.chance(40))
      default: break
      }
      // What nothing fills must have a default, or the plan refuses the table.
      if column.role == .skipped || column.role == .targetOnly, column.defaultValue == nil { column.isNotNull = false }
      table.columns.append(column)
    }
  }

  private mutating func addSequences(to table: inout RandomSchema.Table) {
    table.keepsSequences = random.chance(25)
    for (number, column) in table.columns.enumerated() {
      let isReferring = table.references.contains { $0.columns.contains(number) }
      guard column.role == .copied, column.type.target == "int4", column.defaultValue == nil, !isReferring,
        column.forbidden == nil, random.chance(25)
      else { continue }
      table.columns[number].isNotNull = true
      // A table has one identity column at most.
      let hasIdentity = table.keyKind == .identity || table.columns.contains { $0.sequence == .identity }
      table.columns[number].sequence = hasIdentity ? .serial : random.pick([.serial, .identity])
    }
  }

  private mutating func deletes(_ table: RandomSchema.Table) -> RandomSchema.Deletes {
    var deletes = RandomSchema.Deletes()
    if random.chance(25) { deletes.scope = random.number(0...table.columns.count - 1) }
    // Most let go what the cases delete.
    if random.chance(15) { deletes.most = random.pick(["0", "1", "3", "10%", "40%"]) }
    if random.chance(15) { deletes.mostLost = random.pick(["0", "2", "5%", "30%"]) }
    return deletes
  }

  private mutating func marker() -> RandomSchema.Marker {
    let name = random.pick(["source", "Born On", "origin", "marker"])
    func make(_ type: String, _ ours: String, shown: String? = nil, _ others: [String]) -> RandomSchema.Marker {
      RandomSchema.Marker(column: name, type: type, ours: ours, oursShown: shown ?? ours, others: others)
    }
    var marker = random.pick([
      make("text", "D", ["M", "d", "", "D "]), make("char(1)", "D", ["M", "d", " "]),
      make("varchar(12)", "the 'office'", ["app", "THE 'OFFICE'"]), make("char(3)", "D", shown: "D  ", ["M  ", "DD "]),
      make("smallint", "1", ["2", "0", "-1"]), make("boolean", "true", shown: "t", ["f"]),
    ])
    if random.chance(60) { marker.defaultValue = marker.others[0] }
    marker.isOnSource = random.chance(20)
    return marker
  }
}

/// Gives out names, each once.
private struct ColumnNames {
  private var left: [String]
  private var count = 0

  init(_ names: [String]) { left = names }

  mutating func next() -> String {
    count += 1
    return left.popLast() ?? "column \(count)"
  }
}
