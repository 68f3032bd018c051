import PostgresValues

/// What others may do with what pgtide keeps on the target, and whose code runs when it is written to.
package struct PrivateSchemaRights: Sendable {
  /// The owner of the schema `pgtide` may be relied on; also where there is no schema.
  package var isSchemaTrusted = true
  /// DO blocks in PL/pgSQL may be run, by which rights are taken back.
  package var canRunCode = true
  /// Policies let the session's role see and write all rows of the status table.
  package var isStatusOpen = false
  /// What is not as pgtide makes it: of other owners, or no tables, or with rows that are hidden from the session's role.
  package var strangers: [QualifiedName: Stranger] = [:]
  package var grants: [Grant] = []
  package var code: [Code] = []
  package var publications: [Publication] = []

  /// A relation in the schema `pgtide`, or the status table.
  package struct Stranger: Sendable {
    /// As `pg_class` has it: `r` is a table.
    package let kind: String
    package let owner: String
    package let isOwnerTrusted: Bool
    package let hidesRows: Bool
  }

  /// Rights of a role that is not to be relied on.
  package struct Grant: Sendable, Equatable {
    /// `nil`: all roles.
    package let role: String?
    /// `nil`: the schema `pgtide` itself.
    package let table: QualifiedName?
    /// Those on single columns have these behind them.
    package let rights: [String]
    /// A policy of the table names the role, so that somebody has let it in twice.
    package let isNamedByPolicy: Bool
  }

  /// A function of a role that is not to be relied on, which runs with the rights of who writes to the table.
  package struct Code: Sendable, Equatable {
    package let table: QualifiedName
    /// What calls it, such as `the trigger spy`.
    package let place: String
    package let function: String
    package let owner: String
  }

  package struct Publication: Sendable, Equatable {
    package let name: String
    package let isOfAllTables: Bool
    /// Of the history.
    package let tables: [Identifier]
  }

  /// The answers to ``PrivateSchemaRightsSQL/questions``.
  package init(_ answers: some Sequence<Result<QueryResult, PostgresError>>) throws {
    let rows = try answers.map { try $0.get().rows }
    isSchemaTrusted = rows[0].first?.bool(0) ?? true
    canRunCode = rows[0].first?.bool(1) ?? false
    isStatusOpen = rows[0].first?.bool(2) ?? false
    for row in rows[1] {
      strangers[QualifiedName(row.text(0), row.text(1))] = Stranger(
        kind: row.text(2), owner: row.text(3), isOwnerTrusted: row.bool(4), hidesRows: row.bool(5))
    }
    grants = rows[2].map { row in
      Grant(
        role: row[2], table: row[1].map { QualifiedName(row.text(0), $0) }, rights: row.array(3).compactMap(\.self),
        isNamedByPolicy: row.bool(4))
    }
    code = rows[3].map { row in
      Code(
        table: QualifiedName(row.text(0), row.text(1)), place: row.text(2), function: row.text(3), owner: row.text(4))
    }
    publications = rows[4].map { row in
      Publication(name: row.text(0), isOfAllTables: row.bool(1), tables: row.names(2))
    }
  }
}
