import Postgres

/// The statements by which each end says what its rows look like: a text with a line for each bucket, which says how many
/// rows it has and what their hashes make together.
///
/// PostgreSQL's own hash functions are used, with 64 bits: they give the same on both ends for values that look the same
/// (``DigestForm``). A row's hash is hashed once more before it enters the XOR: the hash of a row is a sum over its columns,
/// in which values that two rows have exchanged would not show. The rows of the target are all different, so that no two of
/// them take each other out of the XOR.
struct DigestSQL: Sendable {
  let table: TablePlan

  /// On the source, in its snapshot.
  var source: SQL {
    let filter: SQL = table.source.filter.map { "\n  WHERE (\($0))" } ?? ""
    return digest(of: sourceValue, from: table.source.from, filter)
  }

  /// On the target, of the rows that are ours and have a key: no row is matched with another one.
  var target: SQL {
    let keys = table.key.columns.filter { !$0.isNotNull }.map { "t.\($0.name) IS NOT NULL" as SQL }
    let conditions = [table.origin?.isOurs("t")].compactMap(\.self) + keys
    let filter: SQL =
      conditions.isEmpty ? "" : "\n  WHERE \(conditions.map { "(\($0))" as SQL }.joined(separator: " AND "))"
    return digest(of: { "t.\($0.name)" }, from: "\(table.targetRows) t", filter)
  }

  /// Whether a source row is in one of these buckets.
  func isInBuckets(_ buckets: [Int]) -> SQL {
    "\(bucket(of: sourceValue)) IN (\(buckets.map { "\($0)" as SQL }.joined(separator: ", ")))"
  }

  private func digest(of value: (ColumnPlan) -> SQL, from relation: SQL, _ filter: SQL) -> SQL {
    """
    SELECT pg_catalog.string_agg(bucket || ' ' || rows || ' ' || look, E'\\n' ORDER BY bucket), sum(rows)
    FROM (
      SELECT bucket, count(*) AS rows, pg_catalog.bit_xor(look) AS look
      FROM (
        SELECT \(bucket(of: value)) AS bucket,
          pg_catalog.hashint8extended(\(hash(table.digestColumns, value)), 0) AS look
        FROM \(relation)\(filter)
      ) looks
      GROUP BY bucket
    ) buckets
    """
  }

  private func bucket(of value: (ColumnPlan) -> SQL) -> SQL {
    let first = value(table.key.columns[0])
    let number: SQL =
      switch table.digest.keyForm {
      case .integer: "pg_catalog.hashint8extended((\(first))::bigint / \(table.digest.rowsPerBucket), 0)"
      case .numeric:
        "pg_catalog.hash_numeric_extended(pg_catalog.div(\(first), \(table.digest.rowsPerBucket)), 0)"
      case .hashed: hash(table.key.columns, value)
      }
    // A row whose key is NULL is in a bucket, too: it is to be rejected, not to be lost.
    return "(COALESCE(\(number), 0) & \(table.digest.buckets - 1))"
  }

  private func hash(_ columns: [ColumnPlan], _ value: (ColumnPlan) -> SQL) -> SQL {
    let row = columns.map { $0.digestForm.of(value($0)) }.joined(separator: ", ")
    return "pg_catalog.hash_record_extended(ROW(\(row)), 0)"
  }

  private func sourceValue(_ column: ColumnPlan) -> SQL { column.staged?.select ?? column.value }
}

/// How a column's values enter a digest, so that those with one hash look the same.
enum DigestForm: Sendable {
  /// The type's own hash is of what the value looks like.
  case value
  /// It is of the bytes, if the collation says nothing else.
  case bytes
  /// Several looks are equal, such as 1.0 and 1.00; what the server writes tells them apart. Both sessions write it in the
  /// same way (``Sessions``).
  case text

  /// - Parameter type: the target column's.
  init(_ type: TypeFacts) {
    switch type.baseOID {
    case BuiltinType.text, BuiltinType.varchar, BuiltinType.name: self = .bytes
    case BuiltinType.bpchar: self = type.baseModifier == -1 ? .text : .bytes
    default: self = BuiltinType.isImageDecided(type.baseOID, modifier: type.baseModifier) ? .value : .text
    }
  }

  func of(_ value: SQL) -> SQL {
    switch self {
    case .value: value
    case .bytes: "\(value) COLLATE pg_catalog.\"C\""
    case .text: "(\(value))::text COLLATE pg_catalog.\"C\""
    }
  }
}

extension TablePlan {
  /// What makes a row unchanged: its key, and all that an update would set.
  var digestColumns: [ColumnPlan] { columns.filter { $0.isKey || $0.isSet } }
}
