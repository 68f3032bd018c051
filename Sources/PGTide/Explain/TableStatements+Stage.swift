import Postgres

/// What is sent for rows that go through the stage, up to their verdicts.
extension TableStatements {
  func addStaging(to list: inout StatementList) {
    let stage = table.stage
    list.add(
      .target, "make stage and delta", if: "if they are missing, or of another shape",
      StageTable.create([stage], isGuarded: plan.privateSchema.isGuarded))
    list.add(
      .target, "empty stage and delta", if: "if an earlier run left rows there", stage.both.map(StageTable.delete))
    for chunk in table.chunks {
      list.add(
        .source, "read the rows", if: isDigested ? "if less than half of them are in buckets that do not differ" : nil,
        chunk.copyOut)
    }
    for format in Set(table.chunks.map(\.format)) { list.add(.target, "take them", stage.copyIn(format)) }
    if isDigested { addNarrowedChunks(to: &list) }
    if stage.marksUnreadable { addUnreadableRows(to: &list) }
    if let cache = table.keyCache { addHeldRows(cache, to: &list) }
  }

  private func addNarrowedChunks(to list: inout StatementList) {
    let sql = DigestSQL(table: table, place: 0)
    let chunker = Chunker(chunkBytes: .max, chunkRows: nil, blockSize: plan.source.blockSize)
    let chunks = chunker.chunks(
      of: table.source, columns: table.stage.columns, format: table.format, table: table.target,
      only: sql.isInBuckets(BucketChoice(buckets: [0], count: table.digest.buckets), on: .source))
    list.add(
      .source, "read the rows of buckets that differ, in place of all",
      if: "if half of them or more are in buckets that do not differ",
      chunks.map(\.copyOut))
  }

  private func addUnreadableRows(to list: inout StatementList) {
    for chunk in table.chunks {
      let search = UnreadableRows(chunk: chunk, columns: table.stage.columns, encoding: plan.target.encoding)
      list.only("if a text cannot be converted") { list in
        list.add(.source, "find the rows whose texts cannot be converted", search.marked.statements)
        list.add(
          .source, "read the rows with these texts escaped",
          chunk.pins.around("COPY (\(search.example)) TO STDOUT (\(chunk.format.sql))"))
      }
    }
  }

  private func addHeldRows(_ cache: KeyCachePlan, to list: inout StatementList) {
    list.only("if the table is large, and its parents have landed") { list in
      for reference in cache.references {
        list.add(.target, "ask which keys have no parent", reference.parent.missing(among: []).statements)
      }
    }
    list.only("if rows were held back because of that") { list in
      list.add(
        .target, "take these rows in their short form",
        HeldRowsCopy.copyIn(table.stage, cache.shortColumns(table.stage)))
      list.add(.target, "find those that are to come whole, after the comparison", HeldRowsSQL(table: table).release)
      list.add(.target, "take these rows whole", HeldRowsCopy.copyIn(table.stage, table.stage.columns.map(\.name)))
    }
  }

  // MARK: - Verdicts

  func addComparison(to list: inout StatementList) {
    let rejects = RejectSQL(table: table, run: run)
    let sql = DeltaSQL(table, group: group, beforeMerge: pendingParents)
    list.only("if it has been compared before in this run") { list in
      list.add(
        .target, "forget the verdicts, and what was rejected", ["TRUNCATE \(table.stage.delta)"] + rejects.forget)
    }
    addTargetLookups(to: &list)
    addPairing(PairingSQL(table), to: &list)
    for form in comparisons {
      list.add(.target, "give every staged row its verdict", if: form.condition, form.sql(false))
    }
    let misfits = MisfitSQL(table: table)
    if !misfits.columns.isEmpty {
      let isRefused = "if a column's type refuses a value"
      list.add(.target, "find the rows with such values", if: isRefused, misfits.run)
      list.only(isRefused) { addPairing(PairingSQL(table, leavesMisfitsOut: true), to: &$0) }
      for form in comparisons {
        list.add(
          .target, "give the others their verdicts",
          if: isRefused + (form.condition.map { ", and \($0.dropFirst("if ".count))" } ?? ""), form.sql(true))
      }
    }
    if let deletes = DeleteSQL(table) {
      list.add(.target, "find rows of ours that the source no longer has", deletes.find(read: .all))
      if isDigested {
        list.add(
          .target, "find such rows in the buckets that were read", if: "if not all were read",
          deletes.find(read: BucketChoice(buckets: [0], count: table.digest.buckets)))
      }
      if let held = deletes.heldByOthers {
        list.add(.target, "count those that cannot go", if: "if there are too many", held.statements)
      }
    }
    list.add(.target, "reject rows whose parent is not to go in either", sql.rejectInnerOrphans)
    list.add(.target, "count the verdicts", sql.countKept)
    list.add(.target, "keep the rejected rows", if: "if there are any", rejects.keep)
    if RewriteSQL(table: table).isRemembered != nil {
      list.add(
        .target, "name the columns that a trigger rewrites", if: "if such rows were left alone",
        RewriteSQL(table: table).columns)
    }
    list.only("if nothing is to be written") { list in
      addRecord(isCompared: true, to: &list)
      addLookUp(to: &list)
    }
  }

  private func addTargetLookups(to list: inout StatementList) {
    let purpose = "fill in what is looked up on the target"
    list.add(.target, purpose, TargetLookupSQL(table)?.filling ?? [])
    let leaving = pendingParents.filter { $0.deletes != nil && table.lookedUp.contains($0.target) }
    if !leaving.isEmpty, let others = TargetLookupSQL(table, leaving: leaving) {
      list.add(.target, purpose, if: "in place of that, if rows are still to go from there", others.fill)
    }
    guard let ahead = TargetLookupSQL(table, pending: pendingParents), ahead.mayBePending else { return }
    list.add(.target, purpose, if: "in place of that, in a dry run", ahead.fill)
    list.add(
      .target, "give every staged row its verdict", if: "in a dry run",
      DeltaSQL(table, group: group, beforeMerge: pendingParents, mayBePending: true).classify)
  }

  private func addPairing(_ pairing: PairingSQL?, to list: inout StatementList) {
    guard let pairing else { return }
    list.add(.target, "say which rows there are", pairing.standingQuestion.statements)
    list.add(.target, "pair the staged rows with these", pairing.assigning)
  }

  /// What is asked when the rows are to be written, and when they are.
  func addPairs(to list: inout StatementList) {
    guard let pairing = PairingSQL(table) else { return }
    list.add(
      .target, "keep others from writing, and make sure that nobody has since the rows were paired",
      PairingSQL.hold([(pairing, PairingSQL.Standing(versions: "", pairs: ""))]))
  }

  func addPairProof(to list: inout StatementList) {
    guard table.mayLosePairs, let pairing = PairingSQL(table) else { return }
    list.add(.target, "make sure that the rows will be paired again", pairing.countLost)
  }

  /// In which cases the comparison is made in which form. Where some of the parents are on the target and others are not,
  /// the latter alone are looked for among the staged rows.
  private var comparisons: [(condition: String?, sql: (_ leavesMisfitsOut: Bool) -> SQL)] {
    let parents: [(condition: String?, pending: [TablePlan])] =
      pendingParents.isEmpty
      ? [(nil, [])] : [(nil, pendingParents), ("its parents are on the target, or the merge is tried again", [])]
    let counts: [(condition: String?, isCounted: Bool)] =
      table.readsChangesOnly
      ? [(nil, false)] : isDigested ? [(nil, true), ("a digest has counted our rows", false)] : [(nil, true)]
    return parents.flatMap { parents in
      counts.map { counts in
        let conditions = [parents.condition, counts.condition].compactMap(\.self)
        return (
          conditions.isEmpty ? nil : "if \(conditions.joined(separator: ", and "))",
          { leavesMisfitsOut in
            DeltaSQL(
              table, group: group, beforeMerge: parents.pending, leavesMisfitsOut: leavesMisfitsOut,
              countsStanding: counts.isCounted
            ).classify
          }
        )
      }
    }
  }
}
