import Postgres

/// What a target table's plan rests on, as the server writes it: to be read for the plan, and again before COMMIT.
extension CatalogSQL {
  /// A text for the relation `c`: a hash for each kind of thing that it and its partitions have, such as
  /// `columns:0a1b…, triggers:…`.
  ///
  /// Foreign keys that point at the table are known by their triggers on it, which name the key and the action: the catalog
  /// of constraints has no index by which they could be found.
  static let fingerprint: SQL = """
    (SELECT pg_catalog.string_agg(pg_catalog.concat(kind.name, ':', pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(
            pg_catalog.convert_to(kind.lines, pg_catalog.getdatabaseencoding())), 'hex'), 16)), ', ' ORDER BY kind.name)
          FROM (SELECT part.kind AS name, pg_catalog.string_agg(part.line, E'\\n' ORDER BY part.line COLLATE pg_catalog."C") AS lines
            FROM (
              WITH members AS (
                SELECT c.oid
                UNION ALL
                SELECT tree.relid FROM \(PartitionTree.of("c.oid")) tree
                WHERE c.relkind OPERATOR(pg_catalog.=) 'p' AND tree.relid OPERATOR(pg_catalog.<>) c.oid)
              SELECT 'partitions' AS kind, pg_catalog.concat_ws(' ', r.oid, r.relkind, r.relpersistence,
                  r.relispartition, r.relpartbound) AS line
                FROM members m JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) m.oid
              UNION ALL
              SELECT 'columns', pg_catalog.concat_ws(' ', a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod,
                  a.attcollation, a.attnotnull, a.attidentity, a.attgenerated, d.adbin)
                FROM members m JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) m.oid
                  AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
                LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid
                  AND d.adnum OPERATOR(pg_catalog.=) a.attnum
              UNION ALL
              SELECT 'constraints', k::pg_catalog.text
                FROM members m JOIN pg_catalog.pg_constraint k ON k.conrelid OPERATOR(pg_catalog.=) m.oid
              UNION ALL
              SELECT 'unique indexes', pg_catalog.concat_ws(' ', i.indrelid, x.relname, i.indisvalid, i.indisready,
                  i.indimmediate, i.indkey, i.indclass, i.indcollation, i.indexprs, i.indpred)
                FROM members m JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) m.oid AND i.indisunique
                JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid
              UNION ALL
              SELECT CASE WHEN t.tgisinternal THEN 'foreign keys' ELSE 'triggers' END,
                  pg_catalog.concat_ws(' ', t::pg_catalog.text, CASE WHEN NOT t.tgisinternal
                    THEN pg_catalog.concat_ws(' ', p.prosrc, p.probin, p.proconfig) END)
                FROM members m JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) m.oid
                JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) t.tgfoid
              UNION ALL
              SELECT 'rules', r::pg_catalog.text
                FROM members m JOIN pg_catalog.pg_rewrite r ON r.ev_class OPERATOR(pg_catalog.=) m.oid
              UNION ALL
              SELECT 'row-level security', pg_catalog.concat_ws(' ', r.oid, r.relrowsecurity, r.relforcerowsecurity,
                  y::pg_catalog.text)
                FROM members m JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) m.oid
                  AND r.relrowsecurity
                LEFT JOIN pg_catalog.pg_policy y ON y.polrelid OPERATOR(pg_catalog.=) r.oid
              ) AS part GROUP BY part.kind) AS kind)
    """

  /// Fails, with ``TargetChange/prefix``, if one of these tables is not what it was for its plan: so it can stand before a
  /// COMMIT in the same batch. What was committed since is seen; what would change a table that the transaction has
  /// written waits for it, or does nothing to rows that are written already.
  static func mustBeAsPlanned(_ tables: [TablePlan]) -> SQL {
    """
    WITH planned AS (
      SELECT p.relation, p.fingerprint FROM ROWS FROM (
          pg_catalog.unnest(\(bind: arrayText(tables.map { "\($0.counters.relation)" }))::pg_catalog.oid[]),
          pg_catalog.unnest(\(bind: arrayText(tables.map(\.fingerprint)))::pg_catalog.text[])) AS p (relation, fingerprint)),
    changed AS (
      SELECT p.relation, c.now
      FROM planned p LEFT JOIN LATERAL (
        SELECT \(fingerprint) AS now
        FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) p.relation) c ON true
      WHERE c.now IS DISTINCT FROM p.fingerprint
      ORDER BY p.relation LIMIT 1)
    SELECT COALESCE((SELECT pg_catalog.concat(\(literal: TargetChange.prefix), ' ', x.relation, ' ', x.now)
      FROM changed x), 'true')::boolean
    """
  }
}

/// A target table that was changed between the plan and COMMIT.
struct TargetChange: Sendable {
  /// What the server's error begins with, in its quotes.
  static let prefix = "pgtide finds a table changed since the plan:"

  let relation: UInt32
  /// Its fingerprint now; empty if it is gone.
  let fingerprint: String

  /// `nil` for an error of another kind.
  init?(_ error: PostgresError) {
    guard error.sqlState == "22P02", let start = error.message.firstRange(of: Self.prefix) else {
      return nil
    }
    let told = error.message[start.upperBound...].split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
    guard let relation = told.first.flatMap({ UInt32($0.prefix { $0.isNumber }) }) else { return nil }
    self.relation = relation
    fingerprint = told.count > 1 ? String(told[1].prefix { $0 != "\"" }) : ""
  }

  /// What is not as it was for the plan, such as `columns, triggers`.
  func kinds(since planned: String) -> String {
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
  func error(_ table: TablePlan) -> SyncError {
    let what = fingerprint.isEmpty ? "it is gone" : "other \(kinds(since: table.fingerprint))"
    return SyncError(
      table: table.target,
      message:
        "it was changed on the target between the plan and the end of its transaction (\(what)), so nothing of it "
        + "was committed",
      advice: "Run again, when nobody changes its columns, constraints or triggers")
  }
}
