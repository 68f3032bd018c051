import Postgres

/// The schema as DDL for both ends. Everything is quoted here; the tests' own SQL goes to the server as text.
extension RandomSchema {
  static func name(_ name: String) -> String { Identifier(name).quoted }

  static func literal(_ value: String?) -> String {
    value.map { "'\($0.replacing("'", with: "''"))'" } ?? "NULL"
  }

  func sourceName(_ table: Int) -> String { "\(Self.name(sourceSchema)).\(Self.name(tables[table].sourceName))" }
  func targetName(_ table: Int) -> String { "\(Self.name(targetSchema)).\(Self.name(tables[table].name))" }

  func sourceType(_ type: ColumnType) -> String { self.type(type.source, in: sourceSchema) }

  private func type(_ text: String, in schema: String) -> String {
    text.replacing("{schema}", with: Self.name(schema))
  }

  // MARK: - Source

  /// The source's tables have no keys and allow NULL everywhere: whatever is wrong can stand in them.
  var sourceDDL: [String] {
    var statements = schemaAndTypes(sourceSchema, moods: ColumnType.sourceMoods)
    for index in runTables {
      let table = tables[index]
      let columns = sourceColumns(index).map { "\(Self.name($0.name)) \($0.type)" }.joined(separator: ", ")
      let storage = table.isSparse ? " WITH (fillfactor = 10)" : ""
      statements.append("CREATE TABLE \(sourceName(index)) (\(columns))\(storage)")
      if let looked = table.looked {
        let value = type(table.columns[looked].type.source, in: sourceSchema)
        statements.append(
          "CREATE TABLE \(lookupTable(index)) (\(Self.name(Self.lookupNumber)) int, \(Self.name(Self.lookupValue)) \(value))"
        )
      }
      if table.sourceKind == .view {
        statements.append(
          "CREATE VIEW \(Self.name(sourceSchema)).\(Self.name(viewName(index))) AS TABLE \(sourceName(index))")
      }
    }
    return statements
  }

  func lookupName(_ table: Int) -> String { "look \(table)" }
  func lookupTable(_ table: Int) -> String { "\(Self.name(sourceSchema)).\(Self.name(lookupName(table)))" }

  func viewName(_ table: Int) -> String { "view \(table)" }

  /// All columns of a source table, in the order in which the test reads and writes them.
  func sourceColumns(_ index: Int) -> [(name: String, type: String)] {
    let table = tables[index]
    var columns = table.onSource.map { column in
      (name: table.columns[column].sourceName, type: type(table.columns[column].type.source, in: sourceSchema))
    }
    if table.looked != nil { columns.append((Self.lookupNumber, "int")) }
    if table.duplicates != .error { columns.append((Self.orderColumn, "int")) }
    if table.isFiltered { columns.append((Self.filterColumn, "bool")) }
    if let marker = table.marker, marker.isOnSource { columns.append((marker.column, "text")) }
    return columns
  }

  // MARK: - Target

  var targetDDL: [String] {
    schemaAndTypes(targetSchema, moods: ColumnType.moods) + liveTables.map(createTarget) + liveTables.map(createIndex)
      + constraints { $0.kind == .foreignKey }
  }

  /// What is added when rows stand there that do not satisfy it.
  var targetDDLAfterRows: [String] { constraints { $0.kind == .notValid } }

  /// All columns of a target table, in the order in which the test reads them.
  func targetColumns(_ index: Int) -> [String] {
    let table = tables[index]
    var columns = table.live.map { table.columns[$0].name }
    if let marker = table.marker { columns.append(marker.column) }
    if table.hasStamps { columns += [Self.stamps.created, Self.stamps.updated] }
    if table.keyKind == .surrogate || table.keyKind == .identity { columns.append(Self.surrogateColumn) }
    return columns
  }

  private func createTarget(_ index: Int) -> String {
    let table = tables[index]
    var parts = table.live.map { number in
      let column = table.columns[number]
      let type = column.sequence == .serial ? "serial" : type(column.type.target, in: targetSchema)
      return Self.name(column.name) + " " + type + (column.isNotNull ? " NOT NULL" : "")
        + (column.defaultValue.map { " DEFAULT \(Self.literal($0))::\(type)" } ?? "")
        + (column.sequence == .identity ? " \(RandomSchema.Sequence.identity.rawValue)" : "")
        + (column.isUnique ? " UNIQUE" : "")
        + (column.forbidden.map { " CHECK (\(Self.name(column.name)) <> \(Self.literal($0)))" } ?? "")
    }
    if let marker = table.marker {
      let standard = marker.defaultValue.map { " DEFAULT \(Self.literal($0))" } ?? ""
      parts.append("\(Self.name(marker.column)) \(marker.type)\(standard)")
    }
    if table.hasStamps {
      parts.append("\(Self.name(Self.stamps.created)) timestamptz DEFAULT now()")
      parts.append("\(Self.name(Self.stamps.updated)) timestamptz")
    }
    let key = table.key.map { Self.name(table.columns[$0].name) }.joined(separator: ", ")
    let surrogate = Self.name(Self.surrogateColumn)
    switch table.keyKind {
    case .primary: parts.append("PRIMARY KEY (\(key))")
    case .unique: parts.append("UNIQUE (\(key))")
    case .surrogate: parts += ["\(surrogate) bigserial PRIMARY KEY", "UNIQUE (\(key))"]
    case .identity: parts += ["\(surrogate) int GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "UNIQUE (\(key))"]
    }
    return "CREATE TABLE \(targetName(index)) (\(parts.joined(separator: ", ")))"
  }

  /// An index that enforces nothing, which a direct load may leave out and build behind the rows.
  private func createIndex(_ index: Int) -> String {
    let table = tables[index]
    return "CREATE INDEX ON \(targetName(index)) (\(table.key.map { Self.name(table.columns[$0].name) }[0]))"
  }

  private func constraints(_ wanted: (Reference) -> Bool) -> [String] {
    liveTables.flatMap { index in
      tables[index].liveReferences(self).filter(wanted).map { reference in
        let parent = tables[reference.parent]
        let columns = reference.columns.map { Self.name(tables[index].columns[$0].name) }.joined(separator: ", ")
        let key = parent.key.map { Self.name(parent.columns[$0].name) }.joined(separator: ", ")
        return "ALTER TABLE \(targetName(index)) ADD CONSTRAINT \(Self.name(reference.name)) FOREIGN KEY (\(columns)) "
          + "REFERENCES \(targetName(reference.parent)) (\(key)) MATCH \(reference.isMatchFull ? "FULL" : "SIMPLE") "
          + "ON DELETE \(reference.onDelete) \(reference.deferral)\(reference.kind == .notValid ? " NOT VALID" : "")"
      }
    }
  }

  private func schemaAndTypes(_ schema: String, moods: [String]) -> [String] {
    let quoted = Self.name(schema)
    return [
      "CREATE SCHEMA IF NOT EXISTS \(quoted)",
      "CREATE TYPE \(quoted).mood AS ENUM (\(moods.map(Self.literal).joined(separator: ", ")))",
      "CREATE DOMAIN \(quoted).short AS varchar(5)",
    ]
  }
}
