import Postgres

/// Thinks up the app's transactions.
struct AppWriter: Sendable {
  private var generator: SeededGenerator
  private var edits = 0
  private var entries = 0
  private var nextKey = SuiteTable.firstAppKey
  /// Keys that the office has just made.
  var newKeys: [String: [Int]] = [:]
  /// No row of the office is deleted or given back.
  var leavesOfficeRows = false

  /// A statement on one row, and what it means for the ledger.
  struct Work: Sendable {
    var table: String
    var key: Int
    var statement: SQL
    /// It is about a row of the app's own, which must be there.
    var mustFindOne = false
    /// The row afterwards; `nil` when it is not the app's any more.
    var row: SuiteRow?

    /// What the ledger must learn of it; nothing where no row was found.
    func change(_ answer: QueryResult) -> AppLedger.Change? {
      guard answer.affectedRows == 1 else { return nil }
      var row = row
      // The reference stays as it was, which the statement returns.
      if let returned = answer.rows.first { row?.ref = returned.int(0) }
      return AppLedger.Change(table: table, key: key, row: row)
    }
  }

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func nextEntry() -> Int {
    entries += 1
    return entries
  }

  /// Several transactions fall into each step of a run; more would only take the CPU from it.
  mutating func pause() -> Duration { generator.milliseconds(4...20) }

  /// Now and then somebody has to wait for the app's locks.
  mutating func pauseInTransaction() -> Duration? { generator.chance(0.2) ? generator.milliseconds(1...15) : nil }

  /// One to three statements on different rows.
  mutating func transaction(_ ledger: AppLedger) -> [Work] {
    var works: [Work] = []
    for _ in 1...generator.number(1...3) {
      let work = one(ledger)
      if !works.contains(where: { $0.table == work.table && $0.key == work.key }) { works.append(work) }
    }
    return works
  }

  private enum Kind { case insert, take, claim, edit, delete, giveBack }

  private mutating func one(_ ledger: AppLedger) -> Work {
    let table = generator.pick(SuiteTable.shared)
    let owned = (ledger.owned[table.name] ?? [:]).keys.sorted()
    let own = owned.filter { $0 >= SuiteTable.firstAppKey }
    let claimed = owned.filter { $0 < SuiteTable.firstAppKey }
    // The more it has, the more it lets go, so that the office keeps most of its rows.
    let kind: Kind = generator.pick(weighted: [
      (.insert, own.count < 20 ? 4 : 1), (.take, newKeys[table.name] == nil ? 0 : 3),
      (.claim, claimed.count < table.rows / 5 ? 4 : 0), (.edit, owned.isEmpty ? 0 : 5),
      (.delete, own.isEmpty && (claimed.isEmpty || leavesOfficeRows || !table.isLeaf) ? 0 : 3),
      (.giveBack, claimed.isEmpty || leavesOfficeRows ? 0 : 3),
    ])
    switch kind {
    case .insert:
      nextKey += 1
      return insert(nextKey, into: table)
    case .take: return insert(generator.pick(newKeys[table.name] ?? [nextKey]), into: table)
    case .claim: return claim(generator.number(1...table.rows), of: table)
    case .edit: return edit(generator.pick(owned), of: table)
    case .delete: return delete(generator.pick(leavesOfficeRows || !table.isLeaf ? own : owned), of: table)
    case .giveBack: return giveBack(generator.pick(claimed), of: table)
    }
  }

  private mutating func newRow(of table: SuiteTable) -> SuiteRow {
    edits += 1
    let parent = SuiteTable.all.first { $0.name == table.parent }
    // Now and then a row that the office has just made, and may delete again.
    let young = parent.flatMap { newKeys[$0.name] } ?? []
    let reference = parent.map {
      young.isEmpty || generator.chance(0.7) ? generator.number(1...$0.rows) : generator.pick(young)
    }
    return SuiteRow(
      ref: reference, note: "app \(edits)", n: generator.number(0...999))
  }

  private mutating func insert(_ key: Int, into table: SuiteTable) -> Work {
    let row = newRow(of: table)
    return Work(
      table: table.name, key: key,
      statement: """
        INSERT INTO \(table.qualified) (id, ref, note, n, source)
        VALUES (\(key), \(bind: row.ref.map(String.init))::int, \(bind: row.note), \(row.n), 'M') RETURNING ref
        """, row: row)
  }

  private mutating func claim(_ key: Int, of table: SuiteTable) -> Work {
    let row = newRow(of: table)
    return Work(
      table: table.name, key: key,
      statement: """
        UPDATE \(table.qualified) SET note = \(bind: row.note), n = \(row.n), source = 'M'
        WHERE id = \(key) AND source = 'D' RETURNING ref
        """, row: row)
  }

  private mutating func edit(_ key: Int, of table: SuiteTable) -> Work {
    let row = newRow(of: table)
    return Work(
      table: table.name, key: key,
      statement: """
        UPDATE \(table.qualified) SET note = \(bind: row.note), n = \(row.n)
        WHERE id = \(key) AND source = 'M' RETURNING ref
        """, mustFindOne: true, row: row)
  }

  private func delete(_ key: Int, of table: SuiteTable) -> Work {
    Work(
      table: table.name, key: key, statement: "DELETE FROM \(table.qualified) WHERE id = \(key) AND source = 'M'",
      mustFindOne: true)
  }

  private func giveBack(_ key: Int, of table: SuiteTable) -> Work {
    Work(
      table: table.name, key: key,
      statement: "UPDATE \(table.qualified) SET source = 'D' WHERE id = \(key) AND source = 'M'", mustFindOne: true)
  }
}
