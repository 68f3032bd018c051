import PostgresValues

extension CatalogSQL {
  /// Fails, with ``TargetChange/prefix``, if one of these tables is not what it was for its plan: so it can stand before a
  /// COMMIT in the same batch. What was committed since is seen; what would change a table that the transaction has
  /// written waits for it, or does nothing to rows that are written already.
  package static func mustBeAsPlanned(_ tables: [TablePlan]) -> SQL {
    """
    WITH changed AS (
      SELECT p.place, c.now
      FROM ROWS FROM (
          pg_catalog.unnest(\(bind: arrayText(tables.map(\.target.schema.name)))::pg_catalog.text[]),
          pg_catalog.unnest(\(bind: arrayText(tables.map(\.target.name.name)))::pg_catalog.text[]),
          pg_catalog.unnest(\(bind: arrayText(tables.map(\.fingerprint)))::pg_catalog.text[]))
        WITH ORDINALITY AS p (schema, name, fingerprint, place)
      -- By name, as the table is written: another may have it by now.
      LEFT JOIN LATERAL (
        SELECT \(fingerprint) AS now
        FROM pg_catalog.pg_namespace n
        JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
          AND c.relname OPERATOR(pg_catalog.=) p.name
        WHERE n.nspname OPERATOR(pg_catalog.=) p.schema) c ON true
      WHERE NOT COALESCE(c.now OPERATOR(pg_catalog.=) p.fingerprint, false)
      ORDER BY p.place LIMIT 1)
    SELECT COALESCE((SELECT pg_catalog.concat(\(literal: TargetChange.prefix), ' ', x.place, ' ', x.now)
      FROM changed x), 'true')::boolean
    """
  }
}

/// A target table that was changed between the plan and COMMIT.
package struct TargetChange: Sendable {
  /// What the server's error begins with, in its quotes.
  package static let prefix = "pgtide finds a table changed since the plan:"

  /// Which of the tables that were asked about, from 1.
  package let place: Int
  /// Its fingerprint now; empty if it is gone.
  package let fingerprint: String

  /// `nil` for an error of another kind.
  package init?(_ error: PostgresError) {
    guard error.sqlState == "22P02", let start = error.message.firstRange(of: Self.prefix) else {
      return nil
    }
    let told = error.message[start.upperBound...].split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
    guard let place = told.first.flatMap({ Int($0.prefix { $0.isNumber }) }) else { return nil }
    self.place = place
    fingerprint = told.count > 1 ? String(told[1].prefix { $0 != "\"" }) : ""
  }

  /// What is not as it was for the plan, such as `columns, triggers`.
  package func kinds(since planned: String) -> String {
    func parts(_ text: String) -> [Substring: Substring] {
      let parts = text.split(separator: ", ").compactMap { part in
        part.lastIndex(of: ":").map { (part[..<$0], part[$0...]) }
      }
      return Dictionary(parts, uniquingKeysWith: { first, _ in first })
    }
    let (before, now) = (parts(planned), parts(fingerprint))
    return Set(before.keys).union(now.keys).filter { before[$0] != now[$0] }.sorted().joined(separator: ", ")
  }

  /// What becomes of the table.
  package func error(_ table: TablePlan) -> SyncError {
    let what = fingerprint.isEmpty ? "it is gone" : "other \(kinds(since: table.fingerprint))"
    var error = SyncError(
      table: table.target,
      message:
        "it was changed on the target between the plan and the end of its transaction (\(what)), so nothing of it "
        + "was committed",
      advice: "Run again, when nobody changes its columns, constraints or triggers")
    error.saysTableChanged = true
    return error
  }
}
