import PostgresValues

/// How a column gets its value from another table.
///
/// The table is joined as a whole, by hashing, to what a statement reads: one row for each key, so that no row comes
/// twice. Of a table of the source, all statements that read the source have the join, so that a change of the value that
/// is looked up is a change of the row. Of one of the target see ``TargetLookupPlan``.
package struct LookupPlan: Sendable {
  /// Tells the lookups of a table apart, from 1.
  package let number: Int
  /// The target's column.
  package let column: Identifier
  /// The table that is looked into.
  package let relation: QualifiedName
  package let kind: TableFacts.Kind
  package let matches: [Match]
  /// Its column whose value is taken.
  package let take: Identifier
  package let missing: LookupConfiguration.MissingRule
  /// Bytes of its heap; 0 for what has none.
  package let bytes: Int
  /// What the plan rests on, to be found again under the locks.
  package let shape: [String]
  /// A boolean of the row: only where it is true, something is looked up. `nil`: where all values by which that is done are
  /// there.
  package var condition: Identifier?

  package struct Match: Sendable {
    package let column: Identifier
    /// The texts that are equal are of the same bytes, by which they are sorted fastest.
    package let isDecidedByBytes: Bool
    /// The source row's column.
    package let from: Identifier
    /// Its value as it is compared.
    package let value: SQL
    /// The operator of the types.
    package let equality: SQL
    /// The type by which they are compared where NULL is a value like others; `nil` where it finds nothing.
    package var typeWithNull: SQL?
    /// Texts are the same only to the last byte, whatever the looked-up column's collation says.
    package var comparesBytes = false

    /// The looked-up column's value of a row `l`.
    fileprivate var looked: SQL {
      comparesBytes ? "(l.\(column))::pg_catalog.text COLLATE pg_catalog.\"C\"" : "l.\(column)"
    }

    /// Arrays take NULLs in them for equal, and are hashed and sorted for a join.
    fileprivate func isSame(_ key: SQL) -> SQL {
      guard let type = typeWithNull else { return "\(key) \(equality) \(value)" }
      let other: SQL = "ARRAY[(\(value))::\(type)]"
      return "ARRAY[\(key)::\(type)] OPERATOR(pg_catalog.=) \(other)"
    }
  }

  private static let valueColumn = Identifier("pgtide value")
  private static let foundColumn = Identifier("pgtide found")
  private static let ambiguousColumn = Identifier("pgtide ambiguous")
  /// Of rows that are still to go in: that they are, and what tells those apart whose value nobody knows yet.
  package static let pendingColumn = Identifier("pgtide pending")
  package static let imageColumn = Identifier("pgtide image")
  private static func keyColumn(_ place: Int) -> Identifier { Identifier("pgtide key \(place + 1)") }

  private var alias: Identifier { Identifier("pgtide lookup \(number)") }

  /// What is taken; NULL where nothing is found.
  package var value: SQL { "\(alias).\(Self.valueColumn)" }

  /// What stands behind the source's own relation in FROM. The names of its columns are none that the user's SQL may
  /// have without the row's name.
  ///
  /// Values are told apart by their text: of numbers that are equal and look different, no two runs would be sure to
  /// take the same.
  package var join: SQL { join(rows: "\(kind == .table ? "ONLY " : "")\(relation) AS l") }

  /// The same over other rows `l`.
  ///
  /// - Parameter mayBePending: some of them are still to go in, and have the columns that tell so.
  package func join(rows: SQL, mayBePending: Bool = false) -> SQL {
    let keys = matches.enumerated().map { (place: $0, match: $1, name: Self.keyColumn($0)) }
    let text: SQL = "l.\(take)::pg_catalog.text"
    let image: SQL =
      mayBePending
      ? "COALESCE(l.\(Self.imageColumn), \(text)) COLLATE pg_catalog.\"C\"" : "\(text) COLLATE pg_catalog.\"C\""
    let pending: SQL = mayBePending ? ", \(Self.pendingColumn)" : ""
    let isPending: SQL = mayBePending ? ", l.\(Self.pendingColumn)" : ""
    let sorted = keys.map { "\($0.match.looked)\(bytes($0.match))" as SQL }
    let selected = keys.map { "\($0.match.looked) AS \($0.name)" as SQL }
    let present = keys.filter { $0.match.typeWithNull == nil }.map { "l.\($0.match.column) IS NOT NULL" as SQL }
    let filter: SQL = present.isEmpty ? "" : "\n    WHERE \(present.joined(separator: " AND "))"
    let group = keys.map { "\($0.name)\(bytes($0.match))" as SQL }.joined(separator: ", ")
    let count: SQL = "pg_catalog.count(*) OVER same"
    let names = keys.map { "\($0.name)" as SQL }.joined(separator: ", ")
    let equal = keys.map { $0.match.isSame("\(alias).\($0.name)") } + [condition.map { "src.\($0)" }].compactMap(\.self)
    return """

      LEFT JOIN (
        SELECT DISTINCT ON (\(group)) \(names), true AS \(Self.foundColumn),
          \(count) OPERATOR(pg_catalog.>) 1 AS \(Self.ambiguousColumn),
          CASE WHEN \(count) OPERATOR(pg_catalog.=) 1 THEN \(Self.valueColumn) END AS \(Self.valueColumn)\(pending)
        FROM (
          SELECT DISTINCT ON (\((sorted + [image]).joined(separator: ", ")))
            \(selected.joined(separator: ", ")), l.\(take) AS \(Self.valueColumn)\(isPending)
          FROM \(rows)\(filter)
        ) AS looked
        WINDOW same AS (PARTITION BY \(group))
      ) AS \(alias) ON \(equal.joined(separator: " AND "))
      """
  }

  private func bytes(_ match: Match) -> SQL {
    match.isDecidedByBytes && !match.comparesBytes ? " COLLATE pg_catalog.\"C\"" : ""
  }

  /// The verdict of a row for which the lookup says nothing, or more than one thing; NULL for all others. Where a column
  /// that refers is NULL, nothing is looked up, as for a foreign key.
  package var failure: SQL {
    let referring = matches.filter { $0.typeWithNull == nil }.map { "src.\($0.from) IS NOT NULL" as SQL }
    let refers = (referring + [condition.map { "src.\($0)" }].compactMap(\.self)).joined(separator: " AND ")
    let isMissing: SQL = """
      WHEN \(refers) AND \(alias).\(Self.foundColumn) IS NULL THEN \
      \(literal: Verdict.reject(.missingLookup, column.name))
      """
    let ambiguous: SQL = """
      WHEN \(alias).\(Self.ambiguousColumn) THEN \(literal: Verdict.reject(.ambiguousLookup, column.name))
      """
    return "CASE \(missing == .reject ? "\(isMissing) " : "")\(ambiguous) END"
  }

  /// True where a row is found, else NULL.
  package var isFound: SQL { "\(alias).\(Self.foundColumn)" }

  /// The only row that is found is still to go in.
  package var isPending: SQL { "\(alias).\(Self.pendingColumn)" }

  /// One line for the plan.
  package var summary: String {
    let by = matches.map { "\($0.column) = src.\($0.from)" }.joined(separator: " and ")
    return "\(relation).\(take), looked up by \(by)" + (missing == .null ? ", else NULL" : "")
  }

  /// What is looked for, for messages about a row.
  package var keyNames: String { matches.map(\.column).joined(separator: ", ") }
}

extension [LookupPlan] {
  /// What all of them add to FROM.
  package var joins: SQL { map(\.join).joined(separator: "") }

  /// The verdict that a row gets by the first of them that fails; NULL for a row of which all are right.
  package var failure: SQL? {
    guard let first else { return nil }
    return count == 1 ? first.failure : "COALESCE(\(map(\.failure).joined(separator: ", ")))"
  }

  /// What a statement needs that has the joins: however few rows the server expects, none of them searches a table again
  /// for each row.
  package var pins: SessionPins { isEmpty ? .none : .hashing }
}
