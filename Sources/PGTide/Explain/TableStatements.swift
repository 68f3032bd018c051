import Postgres

/// All that a run may send for one table, in the order in which it would, each with what it is for.
///
/// They are made by the builders that the run itself uses, so that what is printed is what is sent. What only a run knows
/// (its number, counts of rows, buckets that differ, times) stands there as an example. Left out is what does not speak of
/// the table: BEGIN and COMMIT, savepoints, settings of the session, and what the run sends for itself.
struct TableStatements {
  let table: TablePlan
  let plan: SyncPlan
  /// The tables that merge together with it, itself among them.
  let group: [TablePlan]
  let run = RunIdentity(id: "1")

  init(_ table: TablePlan, in plan: SyncPlan) {
    self.table = table
    self.plan = plan
    let names = plan.groups.first { $0.tables.contains(table.target) }?.tables ?? [table.target]
    group = names.compactMap(plan.table)
  }

  var isAlone: Bool { group.count == 1 }

  /// The plan expects that the table is loaded without a stage.
  var isExpectedDirect: Bool { isExpectedDirect(table, isAlone: isAlone) }

  private func isExpectedDirect(_ table: TablePlan, isAlone: Bool) -> Bool {
    isAlone && table.direct.reasonForStage == nil && table.direct.seemsEmpty
  }

  var isDigested: Bool { isAlone && table.digest.reasonForReading == nil }

  /// Tables to which it refers whose rows are not on the target when it is compared.
  var pendingParents: [TablePlan] {
    let parents = Set(table.parents)
    return plan.tables.filter { parents.contains($0.target) && !isExpectedDirect($0, isAlone: isAlone($0)) }
  }

  private func isAlone(_ table: TablePlan) -> Bool { plan.tablesAlone.contains(table.target) }

  func parentRows(_ name: QualifiedName) -> Int? { plan.table(name)?.source.estimatedRows }

  var all: [TableStatement] {
    var list = StatementList()
    list.section("Before the rows", addQuestions)
    if isExpectedDirect { list.section("Straight into the table", addDirectLoad) }
    let fallback = isExpectedDirect ? "if the table is not empty any more, or its load is given up" : nil
    let digested = fallback ?? (table.direct.seemsEmpty ? "if the table is not empty" : nil)
    if isDigested { list.section("Rows that need not be read", if: digested, addDigest) }
    let staged = fallback ?? (isDigested ? "if not all rows are level" : nil)
    list.section("Into the stage", if: staged, addStaging)
    list.section("Verdicts", if: staged, addComparison)
    list.section("Merge", if: fallback ?? "if anything is to be written", addMerge)
    list.section(
      "Merge in parts", if: "if the target refuses a row, so that all is rolled back and written again",
      addMergeInParts)
    list.section("Afterwards", addCleanup)
    return list.statements
  }

  // MARK: - Before the rows

  private func addQuestions(to list: inout StatementList) {
    let questions = SourceQuestions([table])
    if table.changes != nil {
      list.add(
        .source,
        "ask since when others' transactions are open, up to which the next run may rely on what this one sees",
        ChangeSQL.horizon.statements)
    }
    list.add(.source, "lock what will be read, on each connection", questions.locks)
    list.add(.source, "look whether the table is as it was planned upon", questions.shapes)
    if isAlone, table.direct.seemsEmpty, table.direct.reasonForStage == nil || isDigested {
      list.add(.target, "look whether the table is empty", DirectLoadSQL.empty([table]))
    }
  }

  // MARK: - Rows that go straight in

  private func addDirectLoad(to list: inout StatementList) {
    let load = TableLoad(table, isTogether: sharesLoad)
    let sql = DirectLoadSQL(table: table)
    let times = table.direct.stamps.map { _ in "epoch" }
    list.add(.target, "lock the table against changes of its shape", load.lock)
    if load.rebuildsIndexes {
      list.add(
        .target, "lock the table against changes of its shape", if: "if somebody is using the table",
        TableLoad(table, isTogether: false, keepsIndexes: true).lock)
    }
    list.add(.target, "look whether its foreign keys and triggers are as planned", IntegritySQL.facts([table.target]))
    list.add(.target, "look whether it is empty, and its columns are as planned", DirectLoadSQL(table: table).look)
    list.add(.target, "count what this session has written", load.counters.statements)
    list.add(.target, "find the indexes that can be built behind the rows", load.rebuild.statements)
    if load.isProved {
      list.add(.target, "leave triggers out, because foreign keys are proved", IntegritySQL.leaveTriggersOut)
    }
    let rebuild = IndexRebuild(table, load.rebuildsIndexes ? table.direct.indexes : [])
    list.add(.target, "drop these indexes", rebuild.dropping)
    if table.isSentAsArrays {
      list.add(.source, "read the rows as arrays", load.arrayQuestions)
      list.add(.target, "insert them", sql.insert(nil))
    }
    if !table.isSentAsArrays || sharesLoad {
      // Tables that share a load all travel in one way.
      let condition = table.isSentAsArrays ? "if another table of its load cannot travel as arrays" : nil
      for chunk in table.directChunks(at: times) { list.add(.source, "read the rows", if: condition, chunk.copyOut) }
      list.add(.target, "take them", if: condition, sql.copyIn)
    }
    list.add(.target, "create the indexes as they were", rebuild.creating)
    let proof = SetProof(table: table).orphans(of: .table, inserted: estimatedRows, parentRows: parentRows)
    if load.isProved {
      list.add(.target, "run triggers again", IntegritySQL.runTriggersAgain)
      list.add(.target, "lock the parents of the rows, and count the keys that have none", proof.statements)
    }
    list.add(.target, "have deferred constraints speak", "SET CONSTRAINTS ALL IMMEDIATE")
    list.add(.target, "count what this session has written", load.counters.statements)
    addRecord(to: &list)
    addSequences(to: &list)
    addEnd(to: &list)
  }

  /// Small tables share a transaction.
  private var sharesLoad: Bool {
    table.direct.isSmall
      && plan.tables.count { isExpectedDirect($0, isAlone: isAlone($0)) && $0.direct.isSmall } > 1
  }

  /// What the plan takes for the number of rows that go in.
  var estimatedRows: Int { max(IntegrityPlan.worthwhileInserts, table.source.estimatedRows ?? 0) }

  // MARK: - Rows that need not be read

  private func addDigest(to list: inout StatementList) {
    let sql = DigestSQL(table: table, place: 0)
    for end in [DigestSQL.End.source, .target] {
      list.add(end.name, "say in short what all rows look like", sql.asked(sql.whole(end), of: end))
    }
    var search = DigestSearch(
      plan: table.digest, source: DigestWhole(rows: 1, look: 1), target: DigestWhole(rows: 1, look: 0), bytesPerRow: 1)
    list.only("if these differ") { list in
      while let question = search.question {
        let what = question.asksForRows ? "say what buckets of rows look like" : "say what groups of buckets look like"
        for end in [DigestSQL.End.source, .target] {
          list.add(end.name, what, sql.asked(sql.answer(question, end), of: end))
        }
        search.takeExample(question)
      }
    }
    let buckets = table.digest.buckets
    let split = DigestQuestion(
      groups: [0], groupCount: buckets, partCount: 4 * buckets, asksForRows: true, looksAtRows: true)
    list.only("if buckets that differ are full") { list in
      for end in [DigestSQL.End.source, .target] {
        list.add(end.name, "say what parts of these look like", sql.asked(sql.answer(split, end), of: end))
      }
    }
    list.only("if they do not differ") { addRecord(to: &$0) }
  }

  // MARK: - After the rows

  private func addCleanup(to list: inout StatementList) {
    let filled = [(table.stage.stage, 1), (table.stage.delta, 1)].map {
      StageTable.Filled(name: $0, rows: $1, bytes: 0)
    }
    list.add(
      .target, "empty stage and delta", if: "if the table went through its stage",
      StageTable.empty(filled) + [StageTable.truncate(table.stage.both)].compactMap(\.self))
    if table.analysis.isAllowed {
      list.add(
        .target, "refresh the planner's statistics", if: "if much has changed and the configuration does not forbid it",
        table.analysis.statement(table.target))
    }
  }

  /// What is written down of the table, in the transaction that writes its rows.
  ///
  /// - Parameter isCompared: its rows have got verdicts.
  func addRecord(isCompared: Bool = false, to list: inout StatementList) {
    var (report, table) = (TableReport(table), table)
    report.status = .success
    table.changes?.horizon = .known("2026-01-01 00:00:00.000000+00")
    list.add(.target, "enter it in the history", HistorySQL.table(report, of: table, run: run))
    if let metadata = plan.metadata {
      list.add(
        .target, "enter it in the status table", metadata.set(table.label, .success, records: 0, error: nil))
    }
    let protected = ProtectedSQL(table: table, run: run)
    if isCompared, table.origin != nil {
      list.add(.target, "list the protected rows that differ", if: "if there are any", protected.keep)
    }
    if table.mayBeListed {
      list.add(
        .target, "forget the protected rows that differed", if: isCompared ? "if none differs" : nil, protected.forget)
    }
  }

  /// The last question before COMMIT.
  func addEnd(to list: inout StatementList) {
    list.add(.target, "make sure that the table is as it was planned upon", CatalogSQL.mustBeAsPlanned([table]))
  }

  /// The transaction's end was not answered.
  func addLookUp(to list: inout StatementList) {
    list.add(
      .target, "look whether the COMMIT came about", if: "if the connection is lost at the COMMIT",
      HistorySQL.haveLanded([table.label], run: run))
  }
}

extension DigestSearch {
  /// Takes answers by which the first part of the question differs, in one row.
  fileprivate mutating func takeExample(_ question: DigestQuestion) {
    let first = question.parts.indices.map { $0 == 0 ? 1 : 0 }
    do {
      try take(
        source: DigestAnswer(says: first.map(Int64.init), rows: question.asksForRows ? first : []),
        target: DigestAnswer(says: first.map { _ in 0 }))
    } catch {
      preconditionFailure("an example that is no answer: \(error)")
    }
  }
}

extension DigestSQL.End {
  fileprivate var name: EndName {
    switch self {
    case .source: .source
    case .target: .target
    }
  }
}
