import PostgresValues

/// Whom pgtide relies on: roles that could do all that the session's role may do anyway. Those are that role itself and its
/// members, superusers, the database's owner and those who may act as it. Not the roles that the session's role is a member
/// of: their other members have no right to what it may do.
package enum TrustedRole {
  /// The session's role, and its database's owner, for the FROM clause of a statement with the ``condition(_:)``.
  package static let here: SQL = """
    (SELECT r.oid AS role, b.datdba AS database_owner
      FROM pg_catalog.pg_roles r, pg_catalog.pg_database b
      WHERE r.rolname OPERATOR(pg_catalog.=) current_user
        AND b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()) AS here
    """

  /// - Parameter role: an expression of type `oid`.
  package static func condition(_ role: SQL) -> SQL {
    """
    (pg_catalog.pg_has_role(\(role), here.role, 'MEMBER') OR pg_catalog.pg_has_role(\(role), here.database_owner, 'MEMBER')
          OR pg_catalog.pg_get_userbyid(\(role)) OPERATOR(pg_catalog.=) 'pg_database_owner')
    """
  }
}
