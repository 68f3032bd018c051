/// Values for keys and for the columns that refer to them.
extension RandomSchema {
  /// The `number`th of a table's keys, column by column, in the order of `key`. Different numbers are different keys.
  func keyValues(_ table: Int, _ number: Int) -> [String] {
    let spec = tables[table]
    // Columns of the key that are a reference take the parent's keys; the first other column tells the rows apart.
    var values = [Int: String]()
    var rest = number
    for reference in spec.references where reference.columns.allSatisfy(spec.key.contains) {
      let parents = keyValues(reference.parent, rest % 6)
      for (column, value) in zip(reference.columns, parents) { values[column] = value }
      rest /= 6
    }
    let own = spec.key.filter { values[$0] == nil }
    for (place, column) in own.enumerated() {
      let isLast = place == own.count - 1
      values[column] = spec.columns[column].type.key?(isLast ? rest : rest % 3)
      rest /= 3
    }
    return spec.key.map { values[$0] ?? "" }
  }
}
