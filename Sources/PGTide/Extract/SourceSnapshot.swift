import Postgres

/// One state of the source, which all readers see, held by the session that made it.
///
/// The owner first takes ACCESS SHARE on everything that will be read, then exports its snapshot. Without the locks a
/// VACUUM FULL or TRUNCATE between two readers loses rows silently: a rewritten table is empty for an older snapshot.
/// The owner's transaction is READ COMMITTED, so that the snapshot is taken after the locks.
struct SourceSnapshot: Sendable {
  let owner: Connection
  let id: String
  private let plan: SyncPlan

  /// Takes the locks and the snapshot. `owner` has no transaction open; it stays in this one until it is closed or
  /// rolled back.
  static func take(for plan: SyncPlan, owner: Connection) async throws -> SourceSnapshot {
    let statements: [SQL] =
      ["BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ ONLY"] + locks(for: plan)
      + ["SELECT pg_catalog.pg_export_snapshot()"]
    let answers = try await owner.batch(statements)
    let snapshot = SourceSnapshot(owner: owner, id: answers.last?.rows.first?.text(0) ?? "", plan: plan)
    try await snapshot.checkPartitions()
    return snapshot
  }

  /// What a reader runs before its first COPY. It takes the same locks: a rewrite that waits for the owner's would
  /// keep a reader waiting that asks for its lock later, and the owner waits for the readers.
  var adopt: [SQL] {
    [
      "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
      "SET TRANSACTION SNAPSHOT \(literal: id)",
    ] + Self.locks(for: plan)
  }

  /// The statements that lock everything that will be read until the transaction ends.
  private static func locks(for plan: SyncPlan) -> [SQL] {
    var statements: [SQL] = []
    let lockable = plan.tables.filter(\.source.isLockable).compactMap(\.source.relation)
    if !lockable.isEmpty {
      let list = Set(lockable).sorted().map { "\($0)" as SQL }.joined(separator: ", ")
      statements.append("LOCK TABLE \(list) IN ACCESS SHARE MODE")
    }
    // Views, and what the user's own SQL reads: a statement locks everything that it names.
    return statements + plan.tables.compactMap(\.lockByReadingIfNeeded)
  }

  /// Makes sure that the owner has held its locks all the time: what was read without them proves nothing.
  func checkOwner() async throws {
    do {
      try await owner.query("SELECT pg_catalog.pg_backend_pid()")
    } catch let error as PostgresError {
      throw SyncError(
        message: "the session that holds the source's snapshot and locks was lost: \(error)",
        advice: "Run again; nothing that was read without it is used", cause: error)
    }
  }

  /// A partition attached between the plan and the snapshot would not be read.
  private func checkPartitions() async throws {
    let partitioned = plan.tables.filter { !$0.source.partitions.isEmpty }
    guard !partitioned.isEmpty else { return }
    let catalog = try await CatalogReader(connection: owner).read(
      partitioned.compactMap(\.source.relation), details: false)
    for table in partitioned {
      let now = table.source.relation.flatMap { catalog.tables[$0]?.leaves.map(\.name) } ?? []
      guard Set(now) == Set(table.source.partitions) else {
        throw SyncError(
          table: table.target,
          message: "the partitions of \(table.source.description) changed while the run was starting",
          advice: "Run again")
      }
    }
  }
}

extension SourcePlan {
  /// LOCK TABLE takes tables only, and wants a right on the whole of them (manual, "LOCK"); views, materialized views
  /// and queries are locked by reading them.
  fileprivate var isLockable: Bool { (kind == .table || kind == .partitioned) && !isReadByColumn }
}

extension TablePlan {
  /// The chunks' statement names more than the table: a lookup in an expression, a condition with a subquery.
  fileprivate var readsMore: Bool {
    source.filter != nil || stagedColumns.contains { !$0.select.text.hasPrefix("src.") }
  }

  /// A statement that locks all that the chunks read, by reading none of its rows; `nil` where LOCK TABLE does.
  var lockByReadingIfNeeded: SQL? {
    guard !source.isLockable || readsMore else { return nil }
    let select = stage.columns.map(\.select).joined(separator: ", ")
    let filter: SQL = source.filter.map { " WHERE (\($0))" } ?? ""
    return "SELECT \(select) FROM \(source.from)\(filter) LIMIT 0"
  }
}
