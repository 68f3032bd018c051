import Postgres

/// What is sent to write the rows that differ.
extension TableStatements {
  func addMerge(to list: inout StatementList) {
    let sql = MergeSQL(table: table)
    if !isAlone {
      list.add(.target, "let constraints wait for the tables that merge together", "SET CONSTRAINTS ALL DEFERRED")
    }
    addPairs(to: &list)
    list.add(.target, "count the stage", sql.countStage)
    list.add(.target, "count what this session has written", sql.counters)
    let isUpdated = "if any row is updated"
    list.add(
      .target, "lock rows whose update writes to those that refer to them, and these", if: isUpdated,
      sql.locksOfReferrers)
    let reached = table.mayReachOthers ? [CascadeSQL(table: table).reached] : []
    list.add(
      .target, "count what this session has written through foreign keys that point at it", if: isUpdated, reached)
    addDeletes(inParts: false, to: &list)
    let isProved = isAlone && table.integrity.reasonForTriggers == nil
    let many = "if \(IntegrityPlan.worthwhileInserts) rows or more go in"
    let asked = SetProof(table: table).preconditions.statements
    if isProved {
      list.only(many) { list in
        list.add(.target, "lock the table against changes of its shape", Array(asked.prefix(1)))
        list.add(.target, "look whether its foreign keys and triggers are as planned", Array(asked.dropFirst()))
      }
    }
    if table.insertsFirst {
      addInserts(isProved: isProved, to: &list)
      addUpdate(to: &list)
    } else {
      addUpdate(to: &list)
      addInserts(isProved: isProved, to: &list)
    }
    list.only("if fewer rows were written than differ") { list in
      list.add(.target, "count those that turned out to be protected", sql.countRefused)
      list.add(.target, "update what stands there by now", sql.updateAgain)
      list.add(.target, "insert what has gone meanwhile", sql.insertAgain)
    }
    list.only("if somebody has locked a row that is to be updated; then all is written again") { list in
      list.add(.target, "update the rows that nobody has locked", sql.updateFree)
      list.add(.target, "wait for one of the others", sql.waitForRow)
      list.add(.target, "update those that are free by now", sql.updateFreeAgain)
    }
    if isProved { addProof(to: &list, if: many) }
    list.add(.target, "have deferred constraints speak", "SET CONSTRAINTS ALL IMMEDIATE")
    list.add(.target, "count what this session has written", sql.counters)
    list.add(
      .target, "count what it has written through foreign keys that point at it", if: isUpdated, reached)
    for other in Set(table.referrers.map(\.table)).sorted() {
      guard let plan = plan.table(other), let origin = plan.origin else { continue }
      list.add(
        .target, "count those of these rows that are not ours", if: "if rows of \(other) were written",
        CascadeSQL.countOthers(in: plan.targetRows, of: origin, writtenBy: CascadeSQL.ownXID))
    }
    addPairProof(to: &list)
    if table.rewrites.isPossible, !table.setColumns.isEmpty {
      list.add(.target, "remember what triggers made of the rows", RewriteSQL(table: table).remember.statements)
    }
    let restored = columnsToRestore
    if !restored.isEmpty {
      list.add(
        .target, "give back what updates of rows to which they refer have changed",
        if: "if such a row was updated in the same transaction", sql.restore(restored))
    }
    addSequences(to: &list)
    addRecord(isCompared: true, to: &list)
    addEnd(to: &list)
    addLookUp(to: &list)
  }

  private func addDeletes(inParts: Bool, to list: inout StatementList) {
    guard let sql = DeleteSQL(table) else { return }
    let pins = DeleteSQL.pins.lent
    list.only("if rows of ours are to go, and again for those that are left when all tables have landed") { list in
      list.add(.target, "have values written in one form", pins.opening)
      list.add(.target, "lock those to which no row refers, and take them down", sql.claim)
      if sql.hasTriggers {
        list.add(.target, "take down the others, which a trigger may take along", sql.takeDown)
      }
      list.add(.target, "have values written as before", pins.closing)
      list.add(.target, "leave those alone to which a row refers by now", sql.spare.once)
      list.add(
        .target, "leave those alone to which a row refers that is to be written", if: "if there is any",
        sql.spare(beside: group))
      list.add(.target, "leave those alone to which a row of the table refers that stays", sql.spare.again)
      if inParts, sql.goesInParts {
        list.add(
          .target, "delete the others that the target lets go, and keep them",
          [sql.deleteInParts(run: run), DeleteSQL.outcomeOfParts])
      } else {
        list.add(.target, "delete the others, and keep them", sql.delete(run: run))
      }
      addTriggered(sql, inParts: inParts, to: &list)
      list.add(.target, "list those that stay", if: "if any do, when all tables have landed", sql.list(run: run))
      list.add(.target, "forget those that stayed before", if: "if none does, and some were listed", sql.forget)
    }
  }

  private func addTriggered(_ sql: DeleteSQL, inParts: Bool, to list: inout StatementList) {
    guard sql.hasTriggers else { return }
    let pins = DeleteSQL.pins.lent
    if !inParts { list.add(.target, "have triggers run that wait", sql.runWaiting) }
    list.add(
      .target, "have values written in one form, and tables joined by hashing",
      pins.opening + [SessionPins.hashing.statement])
    list.add(.target, "keep what triggers have taken along", sql.takenAlong(run: run))
    list.add(.target, "list what triggers have put in again", [sql.putBack(run: run)].compactMap(\.self))
    list.add(.target, "have values written and tables joined as before", [SessionPins.endOfHashing, pins.closing])
    list.add(.target, "let rows go another time that a trigger has kept", sql.letStay)
    if !inParts { list.add(.target, "let those triggers wait again", sql.letWait) }
  }

  /// Columns through which updates of the tables that merge together, itself among them, may write to the table.
  private var columnsToRestore: [ColumnPlan] {
    let referring = Set(group.flatMap(\.referrers).filter { $0.table == table.target }.flatMap(\.columns))
    return table.setColumns.filter { referring.contains($0.name) }
  }

  private func addUpdate(to list: inout StatementList) {
    list.add(.target, "update what differs", if: "if there is any", MergeSQL(table: table).update)
  }

  private func addInserts(isProved: Bool, to list: inout StatementList) {
    let sql = MergeSQL(table: table)
    if isProved {
      list.add(
        .target, "leave triggers out, because foreign keys are proved",
        if: "if \(IntegrityPlan.worthwhileInserts) rows or more go in", IntegritySQL.leaveTriggersOut)
    }
    list.add(.target, "insert what is missing", if: "if there is any", sql.insert)
    list.add(.target, "insert all rows", if: "if all are missing", sql.insertAll)
    if isProved {
      list.add(
        .target, "run triggers again", if: "if they were left out", IntegritySQL.runTriggersAgain)
    }
  }

  private func addProof(to list: inout StatementList, if condition: String) {
    let proof = SetProof(table: table)
    let purpose = "lock the parents of inserted rows, and count the keys that have none"
    for (rows, condition) in [(OrphanSQL.Rows.delta, condition), (.stage, "\(condition), which are all")] {
      let orphans = proof.orphans(of: rows, inserted: estimatedRows, parentRows: parentRows)
      list.add(.target, purpose, if: condition, orphans.statements)
    }
  }

  // MARK: - In parts

  func addMergeInParts(to list: inout StatementList) {
    let rejects = RejectSQL(table: table, run: run)
    list.add(.target, "let constraints speak at once", ["SET CONSTRAINTS ALL IMMEDIATE"] + group.waitingForEachOther)
    addPairs(to: &list)
    list.add(.target, "count the stage", MergeSQL(table: table).countStage)
    list.add(
      .target, "lock rows whose update writes to those that refer to them, and these",
      MergeSQL(table: table).locksOfReferrers)
    addDeletes(inParts: true, to: &list)
    list.add(
      .target, "write what the target takes, and find what it refuses", PartwiseSQL(table: table, room: nil).run)
    list.add(.target, "ask what came of it", PartwiseSQL.result)
    list.add(.target, "count the verdicts", DeltaSQL.countKept(table))
    list.add(.target, "keep the rejected rows", rejects.forget + [rejects.keep])
    addSequences(to: &list)
    addRecord(isCompared: true, to: &list)
    addEnd(to: &list)
    list.only("if a refused row may be another's parent") { list in
      let refusals = RefusedRowsSQL(table: table)
      list.add(.target, "take the refused rows out of the transaction", refusals.read)
      list.add(.target, "reject them in one of their own", refusals.reject("[]"))
    }
  }
}
