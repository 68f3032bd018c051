import PostgresValues

/// Where a table's rows come from, and how they can be read in parts.
package struct SourcePlan: Sendable {
  package let origin: Origin
  /// What kind of relation it is; `nil` for a query.
  package let kind: TableFacts.Kind?
  package let filter: SQL?
  /// The pieces that are read independently.
  package let pieces: [Piece]
  package let estimatedRows: Int?
  /// Bytes of the heap; 0 for what has none.
  package let bytes: Int
  /// Bytes of wide values, which are stored beside the heap.
  package var toastBytes = 0
  /// The partitions that the pieces stand for, where they do; one attached since would be missed.
  package let partitions: [QualifiedName]
  /// Why the source is read in one piece, where it is.
  package let oneStreamBecause: String?
  /// The session's user may read single columns only, not the row's place (`ctid`), nor lock it.
  package var isReadByColumn = false
  /// What the plan rests on, to be found again under the locks; empty for a query.
  package var shape: [String] = []
  /// The user's own SQL, and what it returned when it was planned upon.
  package var asked: [SQL] = []
  package var described: [ColumnDescription] = []
  /// Other tables that columns get their values from.
  package var lookups: [LookupPlan] = []

  package enum Origin: Sendable {
    case relation(QualifiedName)
    case query(SQL)
  }

  /// A heap that is cut by page ranges, or something that is read as one stream.
  package struct Piece: Sendable {
    /// What stands behind FROM, before the lookups.
    package let from: SQL
    /// `nil`: no page ranges.
    package let pages: Int?
    package let rows: Int?
  }

  /// What FROM takes for a statement over all of it.
  package var from: SQL { "\(rows)\(lookups.joins)" }

  /// The same for one piece.
  package func from(_ piece: Piece) -> SQL { "\(piece.from)\(lookups.joins)" }

  private var rows: SQL {
    switch origin {
    // Rows of tables that inherit from it belong to other entries.
    case .relation(let name): kind == .table ? "ONLY \(name) AS src" : "\(name) AS src"
    case .query(let query): "(\(query)) AS src"
    }
  }

  /// The relation to lock; `nil` for a query.
  package var relation: QualifiedName? { if case .relation(let name) = origin { name } else { nil } }

  package var description: String {
    switch origin {
    case .relation(let name): name.description
    case .query: "a query"
    }
  }
}

extension SourcePlan {
  /// The same with no more than so many pages of each heap.
  package func upTo(page end: Int) -> SourcePlan {
    guard pieces.contains(where: { ($0.pages ?? 0) > end }) else { return self }
    let limit: SQL = "src.ctid OPERATOR(pg_catalog.<) '(\(end),0)'::pg_catalog.tid"
    var limited = SourcePlan(
      origin: origin, kind: kind, filter: filter.map { "(\($0)) AND \(limit)" } ?? limit,
      pieces: pieces.map { Piece(from: $0.from, pages: $0.pages.map { min($0, end) }, rows: $0.rows) },
      estimatedRows: estimatedRows, bytes: bytes, partitions: partitions, oneStreamBecause: oneStreamBecause,
      isReadByColumn: isReadByColumn)
    limited.lookups = lookups
    return limited
  }
}
