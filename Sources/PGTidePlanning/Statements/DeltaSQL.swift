import PostgresValues

/// The statements that compare a stage with its target table. They write to the delta table only.
package struct DeltaSQL: Sendable {
  package let table: TablePlan
  /// Tables of this run whose rows have not merged when this delta is made, so that their deltas count as parents.
  package let pendingParents: [QualifiedName: TablePlan]
  /// Rows that stand in the delta already, because the target's types refuse a value of theirs, are not looked at.
  package let leavesMisfitsOut: Bool
  /// References inside the group of tables that merges together; they are judged after the other verdicts.
  package let innerReferences: [ReferencePlan]
  /// The target's rows that are ours are counted along.
  package let countsStanding: Bool
  /// Rows that are protected, or that a trigger has rewritten, are kept in the delta: somebody will look at them.
  package let keepsLeftAlone: Bool
  /// Some rows get a value that only the run can tell, from a row that is still to go in (``TargetLookupSQL``).
  package let mayBePending: Bool

  /// - Parameters:
  ///   - beforeMerge: the parents' merges are not visible yet (a dry run, or one transaction for all tables).
  ///   - mayBePending: as ``TargetLookupSQL/mayBePending`` of what has filled the stage.
  package init(
    _ table: TablePlan, group: [TablePlan], beforeMerge: [TablePlan], leavesMisfitsOut: Bool = false,
    countsStanding: Bool = true, keepsLeftAlone: Bool = false, mayBePending: Bool = false
  ) {
    self.table = table
    self.leavesMisfitsOut = leavesMisfitsOut
    self.countsStanding = countsStanding
    self.keepsLeftAlone = keepsLeftAlone
    self.mayBePending = mayBePending
    let inner = Set(group.map(\.target))
    pendingParents = Dictionary(
      (group + beforeMerge).map { ($0.target, $0) }, uniquingKeysWith: { first, _ in first })
    innerReferences = table.references.filter { $0.isChecked && inner.contains(where: $0.refers) }
  }

  /// The stage tells of every row of the source which key it has.
  package var seesAllKeys: Bool {
    // A row that is left out has no partner.
    !leavesMisfitsOut || table.key.pairing == nil && !table.key.columns.contains(where: \.isMadeByTarget)
  }

  /// Where rows are paired, gives every staged row its partner first.
  package var pairing: PairingSQL? { PairingSQL(table, leavesMisfitsOut: leavesMisfitsOut) }

  /// A value was refused while rows were compared, and not something else.
  package func casts(_ error: PostgresError) -> Bool {
    error.isAboutRow && (classify.text == error.statement || pairing?.assign.text == error.statement)
  }

  /// Gives every staged row its verdict and keeps the rows that differ. Returns for each verdict how many rows were not
  /// kept, how many rows of ours on the target have the key of one that got it, and how many markers look like ours but
  /// are not; and, in a row without a verdict, how many rows of ours the target has.
  ///
  /// Rows are compared by their images (`*<>`, manual, "9.24.6 Composite Type Comparison"): equality would call
  /// different intervals, boxes and citext the same.
  package var classify: SQL {
    let isLeftOut: SQL = "verdict OPERATOR(pg_catalog.=) \(anyOf: keptVerdictsExcept)"
    let condition: SQL = keptVerdictsExcept.isEmpty ? "" : "\n  WHERE NOT \(isLeftOut)"
    let rest: SQL = keptVerdictsExcept.isEmpty ? "0" : "CASE WHEN \(isLeftOut) THEN rows ELSE 0 END"
    return """
      WITH \(duplicates),
      classified AS MATERIALIZED (
        SELECT s.ctid AS row_id,
          CASE
            \(verdicts)
          END AS verdict,
          CASE WHEN \(isPresent) AND \(isOurs) THEN \(place) END AS standing, \(looksLikeOurs) AS looks_like_ours
        FROM \(castableRows) s
        LEFT JOIN duplicates ON duplicates.row_id OPERATOR(pg_catalog.=) s.ctid
        LEFT JOIN \(table.targetRows) t ON \(table.key.matches(target: "t"))
      ),
      kept AS (
        INSERT INTO \(table.stage.delta) (row_id, verdict)
        SELECT row_id, verdict FROM classified\(condition)
      ),
      counted AS (
        SELECT verdict, pg_catalog.count(*) AS rows, pg_catalog.count(standing) AS found,
          pg_catalog.count(*) FILTER (WHERE looks_like_ours) AS look_alikes
        FROM classified GROUP BY verdict
      )
      SELECT verdict, \(rest),
        CASE WHEN verdict OPERATOR(pg_catalog.=) \(literal: Verdict.reject(.duplicateKey)) THEN \(foundByDuplicates)
          ELSE found END, look_alikes
      FROM counted\(countsStanding ? countStanding : "")
      """
  }

  /// Which row of the target `t` is.
  private var place: SQL { table.isPartitioned ? "ROW(t.tableoid, t.ctid)" : "t.ctid" }

  /// Rows of the target that only staged rows without a place find, each counted once. With a rule, the row that goes in
  /// has another verdict and counts for the others.
  private var foundByDuplicates: SQL {
    guard case .rejectAll = table.duplicates else { return "0" }
    return """
      (SELECT pg_catalog.count(*) FROM (SELECT DISTINCT c.standing FROM classified c
            WHERE c.standing IS NOT NULL
              AND c.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.reject(.duplicateKey))) places)
      """
  }

  /// The marker of a row that is protected, if its capitals and blanks alone keep it from being ours.
  private var looksLikeOurs: SQL {
    guard let origin = table.origin else { return "false" }
    func plain(_ value: SQL) -> SQL {
      "pg_catalog.lower(pg_catalog.btrim((\(value))::pg_catalog.text) COLLATE pg_catalog.\"C\")"
    }
    return """
      CASE WHEN \(isPresent) AND NOT \(isOurs)
            THEN \(plain("t.\(origin.column)")) OPERATOR(pg_catalog.=) \(plain(origin.value)) ELSE false END
      """
  }

  /// A line more: how many rows of ours the target has.
  private var countStanding: SQL {
    let conditions = table.isMatchable
    let filter: SQL = conditions.isEmpty ? "" : " WHERE \(conditions.joined(separator: " AND "))"
    return "\nUNION ALL\nSELECT NULL, pg_catalog.count(*), 0, 0 FROM \(table.targetRows) t\(filter)"
  }

  /// The staged rows whose values can be cast.
  private var castableRows: SQL { table.castableRows(leavesMisfitsOut: leavesMisfitsOut) }

  /// The staged rows whose keys can be cast. One with another bad value may still be another's duplicate.
  private var rowsWithKeys: SQL {
    table.key.columns.contains(where: \.isMadeByTarget) ? castableRows : "\(table.stage.stage)"
  }

  /// Verdicts that need no row in the delta: nothing is done for them any more.
  private var keptVerdictsExcept: [String] {
    if innerReferences.isEmpty {
      return keepsLeftAlone ? [Verdict.unchanged] : [Verdict.unchanged, Verdict.protected, Verdict.rewritten]
    }
    // A row that is still to be judged by a reference inside the group must be kept. What the target itself enforces
    // holds for an unchanged row.
    return innerReferences.allSatisfy(\.isEnforced) ? [Verdict.unchanged] : []
  }

  /// The verdicts in their order, the first that fits.
  private var verdicts: SQL {
    var cases: [SQL] = ["WHEN duplicates.row_id IS NOT NULL THEN \(literal: Verdict.reject(.duplicateKey))"]
    if table.stage.marksUnreadable {
      let prefix: SQL = "\(literal: Verdict.unreadable(""))"
      let marker = StageTable.unreadableColumn
      cases.append("WHEN s.\(marker) IS NOT NULL THEN pg_catalog.concat(\(prefix), s.\(marker))")
    }
    // Whatever the source has by now: nothing of a row that goes in once is written again.
    if table.keepsStanding {
      let (unchanged, protected): (SQL, SQL) = ("\(literal: Verdict.unchanged)", "\(literal: Verdict.protected)")
      cases.append("WHEN \(isPresent) THEN CASE WHEN \(isOurs) THEN \(unchanged) ELSE \(protected) END")
    }
    if !table.source.lookups.isEmpty {
      cases.append("WHEN s.\(StageTable.lookupColumn) IS NOT NULL THEN s.\(StageTable.lookupColumn)")
    }
    if !table.targetLookups.isEmpty {
      let failed: SQL = "s.\(StageTable.targetLookupColumn)"
      let isPending: SQL =
        mayBePending ? " AND \(failed) OPERATOR(pg_catalog.<>) \(literal: Verdict.pendingLookup)" : ""
      cases.append("WHEN \(failed) IS NOT NULL\(isPending) THEN \(failed)")
    }
    for column in table.key.demandedColumns {
      cases.append("WHEN \(isNull(column)) THEN \(literal: Verdict.reject(.nullKey, column.name.name))")
    }
    for column in table.columns where column.isNotNull && !column.isKey {
      cases.append("WHEN \(isNull(column)) THEN \(literal: Verdict.reject(.nullValue, column.name.name))")
    }
    for column in table.columns {
      guard let fits = column.fits else { continue }
      cases.append("WHEN NOT \(fits) THEN \(literal: Verdict.reject(.doesNotFit, column.name.name))")
    }
    let references = table.references.filter { reference in
      reference.isChecked && !innerReferences.contains { $0.name == reference.name }
    }
    let enforced = references.allSatisfy(\.isEnforced)
    let isShort: SQL = "s.\(StageTable.heldColumn) IS NOT NULL"
    // Whether the whole row looks like the target's, its short form cannot tell.
    if enforced, table.stage.takesShortRows {
      cases.append("WHEN \(isShort) AND NOT \(isAbsent) THEN \(literal: Verdict.heldBack)")
    }
    // A row that stands on the target unchanged satisfies the foreign keys that the target enforces: not looking for
    // its parents is what makes an unchanged run cheap.
    if enforced { cases.append("WHEN \(isUnchanged) THEN \(literal: Verdict.unchanged)") }
    for reference in references {
      cases.append(
        "WHEN \(lacksParent(reference)) THEN \(literal: Verdict.reject(.missingParent, reference.name.name))")
    }
    if table.stage.takesShortRows { cases.append("WHEN \(isShort) THEN \(literal: Verdict.heldBack)") }
    cases.append("WHEN \(isAbsent) THEN \(literal: Verdict.insert)")
    if let origin = table.origin {
      let level: SQL = "\(literal: Verdict.protected)"
      let verdict: SQL =
        table.differs(\.value).map {
          "CASE WHEN \($0) THEN \(literal: Verdict.protectedDifferent) ELSE \(level) END"
        } ?? level
      cases.append("WHEN NOT \(origin.isOurs("t")) THEN \(verdict)")
    }
    if !enforced { cases.append("WHEN \(isUnchanged) THEN \(literal: Verdict.unchanged)") }
    if let isRemembered = RewriteSQL(table: table).isRemembered {
      cases.append("WHEN \(isRemembered) THEN \(literal: Verdict.rewritten)")
    }
    for referrer in table.referrers where referrer.isGuarded {
      let verdict = Verdict.reject(.changesReferrers, referrer.name.name)
      cases.append("WHEN \(referrer.wouldWriteOthers) THEN \(literal: verdict)")
    }
    cases.append("ELSE \(literal: Verdict.update)")
    return cases.joined(separator: "\n      ")
  }

  /// No value has come for the column, and none will.
  private func isNull(_ column: ColumnPlan) -> SQL {
    let isNull: SQL = "(\(column.rawValue)) IS NULL"
    return mayBePending && column.isLookedUpOnTarget ? "\(isNull) AND \(isKnown)" : isNull
  }

  /// All values of the row are known.
  private var isKnown: SQL { "s.\(StageTable.targetLookupColumn) IS NULL" }

  /// The target has no row of this key. A key column of a matching row is never NULL.
  private var isAbsent: SQL { table.key.isAbsent("t") }
  private var isPresent: SQL { table.key.isPresent("t") }
  private var isOurs: SQL { table.origin?.isOurs("t") ?? "true" }

  /// The target's row is ours, and looks as the staged row would make it look.
  private var isUnchanged: SQL {
    let present = isPresent
    let known: SQL = mayBePending ? " AND \(isKnown)" : ""
    let ours: SQL = table.origin.map { " AND \($0.isOurs("t"))\(known)" } ?? known
    guard let differs = table.differs(\.value) else { return "\(present)\(ours)" }
    return """
      \(present)\(ours)
              AND NOT \(differs)
      """
  }

  /// Staged rows that share a key with another. With a rule, all but the one that goes in.
  private var duplicates: SQL {
    if table.key.pairing != nil { return "duplicates AS (SELECT NULL::pg_catalog.tid AS row_id WHERE false)" }
    let keys = table.key.columns.enumerated().map { index, column in
      (column: "k\(index + 1)" as SQL, value: column.guardedValue)
    }
    let fitting = keysThatFit
    let matches =
      (keys.enumerated().map { table.key.isSame("repeated.\($1.column)", $1.value, at: $0) } + fitting)
      .joined(separator: " AND ")
    let group = keys.map { "repeated.\($0.column)" as SQL }.joined(separator: ", ")
    let names = keys.map(\.column).joined(separator: ", ")
    let required = keys.enumerated().filter { !table.key.takesNull(at: $0.offset) }.map {
      "\($0.element.column) IS NOT NULL" as SQL
    }
    let present: SQL = required.isEmpty ? "" : "WHERE \(required.joined(separator: " AND ")) "
    let fit: SQL = fitting.isEmpty ? "" : " WHERE \(fitting.joined(separator: " AND "))"
    let values = keys.map { "\($0.value) AS \($0.column)" as SQL }.joined(separator: ", ")
    // Sorted first, they are grouped without a hash table, which spills: a third of the time with millions of rows.
    let sorted: SQL = table.key.columns.allSatisfy(\.isSortedFast) ? " ORDER BY \(names)" : ""
    let rowNumber: SQL
    let losers: SQL
    switch table.duplicates {
    case .rejectAll:
      (rowNumber, losers) = ("", "")
    case .keep(let order, let descending):
      let direction: SQL = descending ? "DESC" : "ASC"
      // Rows with the same order are told apart by their whole content, so that every run picks the same one.
      rowNumber = """
        , pg_catalog.row_number() OVER (
            PARTITION BY \(group) ORDER BY s.\(order.name) \(direction) NULLS LAST, ROW(s.*)::pg_catalog.text) AS place
        """
      losers = " WHERE place OPERATOR(pg_catalog.>) 1"
    }
    return """
      repeated AS (
        SELECT \(names) FROM (SELECT \(values) FROM \(rowsWithKeys) s\(fit)\(sorted)) keys
        \(present)GROUP BY \(names) HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1
      ),
      duplicates AS (
        SELECT row_id FROM (
          SELECT s.ctid AS row_id\(rowNumber)
          FROM \(rowsWithKeys) s
          JOIN repeated ON \(matches)
        ) ranked\(losers)
      )
      """
  }

  /// Of values that may be NULL, those that do not fit are no keys, though what stands for them is NULL.
  private var keysThatFit: [SQL] {
    table.key.columns.indices.filter(table.key.takesNull(at:)).compactMap { table.key.columns[$0].fits }
  }

  /// Whether the row refers to a parent that is not there.
  ///
  /// MATCH SIMPLE holds when any column is NULL, MATCH FULL only when all are (manual, "CREATE TABLE", REFERENCES).
  private func lacksParent(_ reference: ReferencePlan) -> SQL {
    let values = reference.columns.map(\.rawValue)
    let applies: SQL =
      reference.isMatchFull
      ? "NOT (\(values.map { "(\($0)) IS NULL" as SQL }.joined(separator: " AND ")))"
      : "\(values.map { "(\($0)) IS NOT NULL" as SQL }.joined(separator: " AND "))"
    let pending = pendingParents(reference)
    // A parent that merges meanwhile grows. If it was empty when this was planned, reading it as a whole for each row
    // seemed to cost nothing: 11 s in place of 0.3. The function's row gives that a price, so that it is hashed.
    let priced: SQL = pending.isEmpty ? "" : ", pg_catalog.generate_series(1, 1)"
    let known: SQL = mayBePending && reference.columns.contains(where: \.isLookedUpOnTarget) ? " AND \(isKnown)" : ""
    let absent: SQL =
      "\(applies)\(known) AND NOT EXISTS (SELECT FROM \(reference.parentRows) p\(priced) WHERE \(reference.matches(parent: "p")))"
    return pending.reduce(absent) { "\($0)\n        AND NOT EXISTS (\($1))" }
  }

  /// The parent among the rows that are about to go in: its own, or those of a table that shares rows with it.
  private func pendingParents(_ reference: ReferencePlan) -> [SQL] {
    ([reference.parent] + reference.parentKin).compactMap { pendingParents[$0] }.compactMap {
      pendingParent(reference, in: $0)
    }
  }

  private func pendingParent(_ reference: ReferencePlan, in parent: TablePlan) -> SQL? {
    let columns = reference.parentColumns.compactMap { name in parent.columns.first { $0.name == name } }
    guard columns.count == reference.parentColumns.count else { return nil }
    let values = columns.map { "\($0.guardedValue) AS \($0.name)" as SQL }.joined(separator: ", ")
    return """
      SELECT FROM (
          SELECT \(values) FROM \(parent.stage.stage) s JOIN \(parent.stage.delta) d
            ON d.row_id OPERATOR(pg_catalog.=) s.ctid
          WHERE d.verdict OPERATOR(pg_catalog.=) \(anyOf: [Verdict.insert, Verdict.update])
        ) p WHERE \(reference.matches(parent: "p"))
      """
  }

  /// For each reference inside the group, the statement that rejects rows without a parent. To be repeated until none
  /// changes anything: a rejected row may be another's parent.
  package var rejectInnerOrphans: [SQL] {
    innerReferences.map { reference in
      var judged = [Verdict.insert]
      if !table.keepsStanding {
        judged += [Verdict.update, Verdict.protected, Verdict.protectedDifferent, Verdict.rewritten]
        if !reference.isEnforced { judged.append(Verdict.unchanged) }
      }
      return """
        UPDATE \(table.stage.delta) d SET verdict = \(literal: Verdict.reject(.missingParent, reference.name.name))
        FROM \(table.stage.stage) s
        WHERE s.ctid OPERATOR(pg_catalog.=) d.row_id AND d.verdict OPERATOR(pg_catalog.=) \(anyOf: judged)
          AND \(lacksParent(reference))
        """
    }
  }

  /// The number of rows of each verdict in the delta.
  package var countKept: SQL { Self.countKept(table) }

  package static func countKept(_ table: TablePlan) -> SQL {
    "SELECT verdict, pg_catalog.count(*) FROM \(table.stage.delta) GROUP BY verdict"
  }
}

extension TablePlan {
  /// The staged rows whose values can be cast.
  func castableRows(leavesMisfitsOut: Bool) -> SQL {
    guard leavesMisfitsOut else { return "\(stage.stage)" }
    return """
      (SELECT b.*, b.ctid FROM \(stage.stage) b
            WHERE NOT EXISTS (SELECT FROM \(stage.delta) m WHERE m.row_id OPERATOR(pg_catalog.=) b.ctid) OFFSET 0)
      """
  }
}

extension ColumnPlan {
  /// The value before the cast, to be asked for NULL.
  fileprivate var rawValue: SQL { staged.map { "s.\($0.name)" } ?? value }
}
