import Postgres

/// Proves the foreign keys of inserted rows all at once, after they have been inserted without triggers.
///
/// For each foreign key one statement locks the parents of those rows as the key's own trigger would (FOR KEY SHARE),
/// and counts the keys of those that have none among the locked. The locks come after the rows, as with triggers: a parent that
/// the app deletes before is missed here, and one that it deletes afterwards waits for our COMMIT and then sees our rows.
/// Locks that are taken before the rows are written deadlock with the app. None is taken in a savepoint, whose rollback
/// would give it back.
///
/// The rows are the delta's, which may be all of the stage: without triggers they are what was written, or more, if the app
/// took a key meanwhile. After a direct load they are the table's: what the app has added to it has its parents.
struct SetProof: Sendable {
  let table: TablePlan

  /// Locks the table against changes of its triggers and keys, and reads what was planned upon once more.
  var preconditions: [SQL] {
    ["LOCK TABLE \(table.target) IN ROW EXCLUSIVE MODE", IntegritySQL.facts([table.target])]
  }

  /// Why triggers have to look after the rows, from the answer to ``preconditions``; `nil` if a proof will do.
  func obstacle(in answer: QueryResult) -> String? {
    let name = table.target
    guard let row = answer.rows.first(where: { $0[0] == name.schema.name && $0[1] == name.name.name }) else {
      return "the catalogs say nothing of it"
    }
    let facts = IntegrityFacts(row)
    if let obstacle = facts.obstacles.first { return obstacle }
    return facts == table.integrity.facts ? nil : "its foreign keys have changed since the plan"
  }

  /// Where the inserted rows are found.
  enum Rows {
    case stage
    case delta
    case table
  }

  /// A statement of the proof.
  struct Step: Sendable {
    let sql: SQL
    /// The foreign key whose orphans it counts; `nil` for one that says how those behind it are planned.
    var reference: ReferencePlan?
  }

  /// For each foreign key, the number of keys in `inserted` rows that no parent has.
  ///
  /// - Parameter parentRows: about how many rows a parent has; `nil` where nobody knows.
  func steps(of rows: Rows, inserted: Int, parentRows: (QualifiedName) -> Int?) -> [Step] {
    let keys = table.references.filter(\.isForeignKey)
    func step(_ key: ReferencePlan) -> Step { Step(sql: orphans(key, rows), reference: key) }
    func isLarge(_ key: ReferencePlan) -> Bool {
      inserted >= Self.hashedRows && (parentRows(key.parent).map { $0 / 4 <= inserted } ?? false)
    }
    let large = keys.filter(isLarge).map(step)
    let hashing =
      [Step(sql: "SET LOCAL enable_nestloop = off")] + large + [
        Step(sql: "SET LOCAL enable_nestloop TO DEFAULT")
      ]
    return (large.isEmpty ? [] : hashing) + keys.filter { !isLarge($0) }.map(step)
  }

  /// The server takes the distinct keys for a few hundred, and looks each parent up by its index: 45 s for 2.4 million,
  /// which reading the parents once and hashing them finds in 6. From here on, unless the parents are many more.
  private static let hashedRows = 10_000

  /// The first foreign key with orphans, and how many of its keys they have.
  static func orphans(_ steps: [Step], _ answers: some Sequence<QueryResult>) -> (key: ReferencePlan, count: Int)? {
    for (step, answer) in zip(steps, answers) {
      guard let key = step.reference else { continue }
      let count = answer.rows.first?.int(0) ?? -1
      if count != 0 { return (key, count) }
    }
    return nil
  }

  private func orphans(_ reference: ReferencePlan, _ rows: Rows) -> SQL {
    let values = reference.columns.enumerated().map { index, column in
      let value: SQL =
        switch rows {
        case .stage, .delta: column.value
        case .table: "t.\(column.name)"
        }
      return (name: "k\(index + 1)" as SQL, value: value)
    }
    let inserted: SQL =
      switch rows {
      case .stage: "\(table.stage.stage) s WHERE"
      case .delta:
        """
        \(table.stage.delta) d JOIN \(table.stage.stage) s ON s.ctid = d.row_id
                WHERE d.verdict = \(literal: Verdict.insert) AND
        """
      case .table: "\(table.target) t WHERE"
      }
    let keys = values.map { "\($0.value) AS \($0.name)" as SQL }.joined(separator: ", ")
    let present = values.map { "(\($0.value)) IS NOT NULL" as SQL }.joined(separator: " AND ")
    let parentKeys = reference.parentColumns.map { "p.\($0)" as SQL }.joined(separator: ", ")
    let only: SQL = table.integrity.facts.partitionedParents.contains(reference.name) ? "" : "ONLY "
    func matches(_ parent: SQL) -> SQL {
      zip(zip(reference.parentColumns, reference.equality), values).map { pair, value in
        "\(parent).\(pair.0) \(pair.1) referring.\(value.name)" as SQL
      }.joined(separator: " AND ")
    }
    return """
      WITH referring AS MATERIALIZED (
        SELECT DISTINCT \(keys) FROM \(inserted) \(present)
      ),
      locked AS MATERIALIZED (
        SELECT \(parentKeys) FROM \(only)\(reference.parent) p
        WHERE EXISTS (SELECT FROM referring WHERE \(matches("p")))
        FOR KEY SHARE OF p
      )
      SELECT count(*) FROM referring WHERE NOT EXISTS (SELECT FROM locked WHERE \(matches("locked")))
      """
  }
}
