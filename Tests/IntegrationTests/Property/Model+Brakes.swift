/// What keeps a table from being written where rows would be deleted.
extension Model {
  /// Whether a brake stops the table.
  ///
  /// - Parameters:
  ///   - deletes: rows that would go, were nothing to refer to them.
  ///   - read: rows of the source.
  func isBraked(_ table: Int, deletes: Int, read: Int) -> Bool {
    let spec = schema.tables[table]
    guard let rule = spec.deletes, deletes > 0 else { return false }
    if read == 0 { return true }
    if let before = past[table], before - read > Self.most(rule.mostLost, of: before) { return true }
    let ours = target.tables[table].rows.count { isOurs($0, spec) && key(of: $0, spec) != nil }
    return deletes > Self.most(rule.most, of: ours)
  }

  /// As documented: 5 %, and at least 100 rows, where nothing is said.
  private static func most(_ limit: String?, of rows: Int) -> Int {
    guard let limit else { return max(100, rows / 20) }
    return limit.hasSuffix("%") ? rows * Int(limit.dropLast())! / 100 : Int(limit)!
  }
}
