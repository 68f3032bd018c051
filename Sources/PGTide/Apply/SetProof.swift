import Postgres

/// Proves the foreign keys of inserted rows all at once, after they have been inserted without triggers.
///
/// For each foreign key a statement locks the parents of those rows as the key's own trigger would (FOR KEY SHARE), and
/// counts the keys that have none. The locks come after the rows, as with triggers: a parent that
/// the app deletes before is missed here, and one that it deletes afterwards waits for our COMMIT and then sees our rows.
/// Locks that are taken before the rows are written deadlock with the app. None is taken in a savepoint, whose rollback
/// would give it back.
///
/// The rows are the delta's, which may be all of the stage: without triggers they are what was written, or more, if the app
/// took a key meanwhile. After a direct load they are the table's: what the app has added to it has its parents.
struct SetProof: Sendable {
  let table: TablePlan

  /// Locks the table against changes of its triggers and keys, and reads what was planned upon once more: answers why
  /// triggers have to look after the rows; `nil` if a proof will do.
  var preconditions: Question<String?> {
    let lock: SQL = "LOCK TABLE \(table.target) IN ROW EXCLUSIVE MODE"
    return Question.all(.running([lock]), IntegritySQL.known([table.target]))
      .map { obstacle(in: $0.1) }
  }

  /// The same, from what is known under such a lock.
  func obstacle(in known: [QualifiedName: IntegrityFacts]) -> String? {
    guard let facts = known[table.target] else { return "the catalogs say nothing of it" }
    if let obstacle = facts.obstacles.first { return obstacle }
    return facts == table.integrity.facts ? nil : "its foreign keys have changed since the plan"
  }

  /// Keys of a foreign key that no parent has.
  struct Orphans: Sendable {
    let key: ReferencePlan
    let count: Int
  }

  /// The first foreign key with keys in `inserted` rows that no parent has.
  ///
  /// - Parameter parentRows: about how many rows a parent has; `nil` where nobody knows.
  func orphans(
    of rows: OrphanSQL.Rows, inserted: Int, parentRows: (QualifiedName) -> Int?
  ) -> Question<Orphans?> {
    let keys = table.references.filter(\.isForeignKey)
    let together = Self.together(keys, inserted: inserted, parentRows: parentRows)
    let alone = keys.filter { key in !together.contains { $0.name == key.name } }
    func isLarge(_ key: ReferencePlan) -> Bool {
      inserted >= Self.hashedRows && (parentRows(key.parent).map { $0 / 4 <= inserted } ?? false)
    }
    let large = alone.filter(isLarge).map { step([$0], of: rows) }
    let rest = alone.filter { !isLarge($0) }.map { step([$0], of: rows) }
    return Question.all(
      .running(large.isEmpty ? [] : ["SET LOCAL enable_nestloop = off" as SQL]), .each(large),
      .running(large.isEmpty ? [] : ["SET LOCAL enable_nestloop TO DEFAULT" as SQL]),
      .each(rest + (together.isEmpty ? [] : [step(together, of: rows)]))
    ).map { _, large, _, rest in (large + rest).compactMap(\.self).first }
  }

  /// Counts the keys without a parent of each of these foreign keys.
  private func step(_ keys: [ReferencePlan], of rows: OrphanSQL.Rows) -> Question<Orphans?> {
    Question(OrphanSQL(table: table, rows: rows).count(keys)) { answer in
      let counts = keys.indices.map { answer.rows.first?.int($0) ?? -1 }
      return zip(keys, counts).first { $0.1 != 0 }.map { Orphans(key: $0, count: $1) }
    }
  }

  /// The server takes the distinct keys for a few hundred, and looks each parent up by its index: 45 s for 2.4 million,
  /// which reading the parents once and hashing them finds in 6. From here on, unless the parents are many more.
  private static let hashedRows = 10_000

  /// Foreign keys whose values occur in so few combinations that the rows need be read only once for all: 32 ms in
  /// place of 100 for five keys of 64,542 rows. There are no more combinations than the product of the parents' rows.
  private static func together(
    _ keys: [ReferencePlan], inserted: Int, parentRows: (QualifiedName) -> Int?
  ) -> [ReferencePlan] {
    let few = keys.compactMap { key in parentRows(key.parent).map { (key: key, rows: max(1, $0)) } }
      .sorted { $0.rows < $1.rows }
    var together: [ReferencePlan] = []
    var combinations = 1
    for (key, rows) in few {
      guard rows <= inserted / 4 / combinations else { break }
      combinations *= rows
      together.append(key)
    }
    return together.count > 1 ? together : []
  }
}
