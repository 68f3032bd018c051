import PostgresValues

/// The statements by which each end says what its rows look like.
///
/// PostgreSQL's own hash functions are used, with 64 bits: values have one hash only if they look the same
/// (``DigestForm``). The hash of a row is a sum over its columns, in which values that two rows have exchanged would not
/// show; so it is hashed once more before it enters the XOR. It goes in as the *seed*: `hashint8extended` takes all bits of
/// a seed, and folds those of its value into 32.
///
/// A bucket says its number, its rows and their looks in one number, and a group of buckets says the XOR of that. Rows of the
/// target are all different, so that no two of them take each other out; on the source the number of rows shows it.
package struct DigestSQL: Sendable {
  package let table: TablePlan
  /// Its place among the tables that one session compares, by which that keeps the buckets.
  package let place: Int

  package init(table: TablePlan, place: Int) {
    self.table = table
    self.place = place
  }

  package enum End { case source, target }

  /// One line: how many rows there are, and what all buckets say, which stay in the session until its transaction ends.
  /// Where no buckets are kept, the second is what all rows say.
  package func whole(_ end: End) -> SQL {
    guard table.digest.isKept else {
      return """
        SELECT pg_catalog.count(*), COALESCE(\(together(look(on: end))), 0)
        FROM \(relation(end))\(filter(conditions(on: end)))
        """
    }
    return """
      SELECT COALESCE(pg_catalog.sum(rows), 0), COALESCE(pg_catalog.bit_xor(say), 0),
        pg_catalog.length(pg_catalog.set_config(\(literal: setting), pg_catalog.concat_ws(' ',
          pg_catalog.array_agg(bucket), pg_catalog.array_agg(rows), pg_catalog.array_agg(say)), true))
      FROM (
        \(indented: buckets(of: end, count: table.digest.buckets), by: 2)
      ) buckets
      """
  }

  /// One line about all rows, which does not rest on how many buckets there are: how many rows there are, and what they
  /// look like. Where the ends' digests cannot be compared with each other, it is compared only with the same end's at
  /// another time, and made of the rows' texts.
  package func receipt(_ end: End) -> SQL {
    let look: SQL
    if table.digest.reasonForReading == nil {
      // A sum, because rows that look the same would take each other out of an XOR.
      look = "pg_catalog.sum(\(rowLook(on: end)))"
    } else {
      let values = end == .source ? table.stage.columns.map(\.select) : table.columns.map { "t.\($0.name)" }
      let text: SQL = "(ROW(\(values.joined(separator: ", ")))::pg_catalog.record)::pg_catalog.text"
      look = "pg_catalog.sum(pg_catalog.hashtextextended(\(text), 0))"
    }
    // With rows of ours that have no key, which only the target can have.
    let conditions = end == .source ? conditions(on: .source) : [table.origin?.isOurs("t")].compactMap(\.self)
    return "SELECT pg_catalog.count(*), COALESCE(\(look), 0) FROM \(relation(end))\(filter(conditions))"
  }

  /// What parts of groups say, and on the source how many rows they have, in the order of the parts' numbers.
  package func answer(_ question: DigestQuestion, _ end: End) -> SQL {
    let groups: SQL = "'{\(list(question.groups))}'::bigint[]"
    let isAsked: SQL? = question.groupCount == 1 ? nil : "\(low("bucket", question.groupCount)) \(isAny) (\(groups))"
    let buckets =
      question.looksAtRows
      ? buckets(of: end, count: question.partCount, only: question.groupCount == 1 ? nil : question) : kept
    let rows: SQL =
      end == .source && question.asksForRows
      ? """
      ,
        pg_catalog.encode(
          pg_catalog.string_agg(pg_catalog.int4send(rows::integer), ''::pg_catalog.bytea ORDER BY part), 'base64')
      """ : ", NULL"
    return """
      SELECT pg_catalog.encode(
          pg_catalog.string_agg(pg_catalog.int8send(say), ''::pg_catalog.bytea ORDER BY part), 'base64')\(rows)
      FROM (
        SELECT part, pg_catalog.bit_xor(say) AS say, pg_catalog.sum(rows) AS rows
        FROM (
          SELECT \(low("bucket", question.partCount)) AS part, say, rows
          FROM (
            \(indented: buckets, by: 6)
          ) buckets\(isAsked.map { "\n    WHERE \($0)" } ?? "")
          UNION ALL
          SELECT first OPERATOR(pg_catalog.+) step, 0::bigint, 0::bigint
          FROM pg_catalog.unnest(\(groups)) AS first,
            pg_catalog.generate_series(0::bigint, \(question.partCount - question.groupCount)::bigint,
              \(question.groupCount)::bigint) AS step
        ) asked
        GROUP BY part
      ) parts
      """
  }

  /// Whether a row is in one of these buckets.
  package func isInBuckets(_ choice: BucketChoice, on end: End) -> SQL {
    "\(bucket(on: end, of: choice.count)) \(isAny) ('{\(list(choice.buckets))}'::bigint[])"
  }

  /// A question to the source with what its tables need around it. What the session keeps lasts longer than a savepoint, so
  /// that this is set and taken back.
  package static func onSource<Answer: Sendable>(
    _ statements: [DigestSQL], _ question: Question<Answer>
  ) -> Question<Answer> {
    let pins = statements.map(\.table.source.lookups.pins).sum
    guard !pins.isEmpty else { return question }
    return Question.all(.running([pins.statement]), question, .running([SessionPins.endOfHashing])).map { $0.1 }
  }

  /// A statement with what goes around it on that end.
  package func asked(_ statement: SQL, of end: End) -> [SQL] {
    end == .source ? Self.onSource([self], Question(statement)).statements : [statement]
  }

  // MARK: - Buckets

  private func buckets(of end: End, count: Int, only question: DigestQuestion? = nil) -> SQL {
    let asked = question.map { question in
      "\(bucket(on: end, of: question.groupCount)) \(isAny) ('{\(list(question.groups))}'::bigint[])" as SQL
    }
    let filter = filter(conditions(on: end) + [asked].compactMap(\.self), indented: "    ")
    // OFFSET 0 keeps the subquery by itself: the aggregate then gets two numbers a row instead of all its columns, which takes
    // 4 per cent less time.
    return """
      SELECT bucket, rows, pg_catalog.hashint8extended(bucket, pg_catalog.hashint8extended(rows, look)) AS say
      FROM (
        SELECT bucket, pg_catalog.count(*) AS rows, \(together("look")) AS look
        FROM (
          SELECT \(bucket(on: end, of: count)) AS bucket,
            \(look(on: end)) AS look
          FROM \(relation(end))\(filter)
          OFFSET 0
        ) looks
        GROUP BY bucket
      ) buckets
      """
  }

  /// The target says it of rows that are ours and have a key: no row is matched with another one.
  private func conditions(on end: End) -> [SQL] {
    switch end {
    case .source: [table.source.filter].compactMap(\.self)
    case .target: table.isMatchable
    }
  }

  private func relation(_ end: End) -> SQL { end == .source ? table.source.from : "\(table.targetRows) t" }

  private func filter(_ conditions: [SQL], indented indent: SQL = "") -> SQL {
    let all = conditions.map { "(\($0))" as SQL }
    return all.isEmpty ? "" : "\n\(indent)WHERE \(all.joined(separator: " AND "))"
  }

  /// What the session has kept.
  private var kept: SQL {
    let arrays = (1...3).map { number in
      "pg_catalog.unnest(pg_catalog.split_part(pg_catalog.current_setting(\(literal: setting)), ' ', \(number))::bigint[])"
        as SQL
    }
    return "SELECT bucket, rows, say\nFROM ROWS FROM (\(arrays.joined(separator: ",\n  "))) AS kept (bucket, rows, say)"
  }

  private var setting: String { "pgtide.digest_\(place)" }

  // MARK: - Rows

  /// One number for the looks of several rows. Where some may be alike, it is made of their sum: in a XOR they would take each
  /// other out.
  private func together(_ look: SQL) -> SQL {
    table.key.pairing == nil
      ? "pg_catalog.bit_xor(\(look))" : "pg_catalog.hash_numeric_extended(pg_catalog.sum(\(look)), 0)"
  }

  private func bucket(on end: End, of count: Int) -> SQL {
    let first = value(table.key.naming[0], end)
    let rows = table.digest.shape.rowsPerBucket
    let number: SQL =
      switch table.digest.keyForm {
      case .integer: "pg_catalog.hashint8extended((\(first))::bigint OPERATOR(pg_catalog./) \(rows)::bigint, 0)"
      case .numeric: "pg_catalog.hash_numeric_extended(pg_catalog.div(\(first), \(rows)::numeric), 0)"
      case .hashed:
        RowLook.hash(
          table.key.naming.map { (form($0) ?? .text).of(value($0, end), isStaged: end == .source) })
      }
    // A row whose key is NULL is in a bucket, too: it is to be rejected, not to be lost.
    return low("COALESCE(\(number), 0)", count)
  }

  /// Rows that can be paired must choose one bucket.
  private func form(_ column: ColumnPlan) -> DigestForm? {
    guard let pairing = table.key.pairing else { return column.digestKeyForm }
    return pairing.isWhole || !pairing.compared.contains(column.name) ? column.digestForm : .value
  }

  /// A row of ours whose parent is missing is to be rejected in each run, whatever it looks like. Where the target does not
  /// enforce that it has one, such a row gets a look that no row of the source has.
  private func look(on end: End) -> SQL {
    let references = table.references.filter { $0.isChecked && !$0.isEnforced }
    guard !references.isEmpty else { return rowLook(on: end) }
    let isOrphan = references.map { $0.lacksParent(of: "t") }.joined(separator: " OR ")
    let seed: SQL = end == .source ? "0" : "CASE WHEN \(isOrphan) THEN 1 ELSE 0 END"
    return "pg_catalog.hashint8extended((\(seed))::bigint, \(rowLook(on: end)))"
  }

  private func rowLook(on end: End) -> SQL {
    var look = RowLook()
    for column in table.digestColumns {
      look.add(value(column, end), as: column.digestForm ?? .text, isStaged: end == .source)
    }
    // A row for which a lookup fails is to be rejected, whatever the target has.
    if let failure = table.source.lookups.failure { look.add(end == .source ? failure : "NULL::pg_catalog.text") }
    return look.sql
  }

  private func value(_ column: ColumnPlan, _ end: End) -> SQL {
    end == .source ? column.staged?.select ?? column.value : "t.\(column.name)"
  }

  private func low(_ number: SQL, _ count: Int) -> SQL { "(\(number) OPERATOR(pg_catalog.&) \(count - 1)::bigint)" }

  private func list(_ numbers: [Int]) -> SQL { numbers.map { "\($0)" as SQL }.joined(separator: ",") }

  private var isAny: SQL { "OPERATOR(pg_catalog.=) ANY" }
}

extension TablePlan {
  /// What makes a row unchanged: its key, and all that an update would set.
  package var digestColumns: [ColumnPlan] { columns.filter { $0.isKey || $0.isSet } }
}
