import PostgresValues

/// Which of the server's errors speak of the row that was being written, so that the row can be rejected and the rest
/// go in.
///
/// A trigger may raise any SQLSTATE that it likes, so that the errors which are *not* a row's are listed: those of the
/// connection, the session, the statement, the server and its resources (manual, "Appendix A. PostgreSQL Error Codes").
package enum RowError {
  /// The first two characters of SQLSTATEs that are never a row's.
  package static let classesOfOthers = [
    "03",  // SQL statement not yet complete
    "08",  // connection
    "0A",  // feature not supported
    "0B", "25", "2D", "3B",  // transaction state, savepoints
    "0L", "0P", "28", "2B",  // grants, roles
    "24", "26", "34",  // cursors, prepared statements
    "3D", "3F", "42",  // unknown or forbidden objects, syntax
    "40",  // deadlock, serialization: tried again
    "53", "54",  // resources and limits
    "55",  // locks, objects in another state
    "57", "58",  // an operator's intervention, the system
    "72", "F0", "HV", "XX",  // old snapshots, configuration, foreign data, internal errors
    MergeObstacle.errorClass,
  ]

  /// The first two characters of SQLSTATEs that are not a row's either where a trigger's function has raised them: those of the
  /// session and the server, which may pass.
  package static let classesOfSession = [
    "08", "25", "40", "53", "55", "57", "58", "F0", "XX", MergeObstacle.errorClass,
  ]

  /// Of these classes, what is a row's all the same: a value that is too large for an index, or a row for its page.
  package static let exceptions = ["54000"]

  /// Whether the error is a row's. A foreign key's (23503) is too, but it is first asked whether the parent went
  /// between the delta and the merge.
  package static func isAboutRow(_ sqlState: String?) -> Bool {
    guard let sqlState, sqlState.count == 5 else { return false }
    return exceptions.contains(sqlState) || !classesOfOthers.contains(String(sqlState.prefix(2)))
  }

  /// The same as a condition on the expression `sqlState`.
  package static func condition(_ sqlState: SQL) -> SQL {
    """
    (\(sqlState) OPERATOR(pg_catalog.=) \(anyOf: exceptions)
      OR NOT pg_catalog.left(\(sqlState), 2) OPERATOR(pg_catalog.=) \(anyOf: classesOfOthers))
    """
  }

  /// The same of an error that a function of the users' has raised.
  package static func isAboutRowOfFunction(_ sqlState: SQL) -> SQL {
    "NOT pg_catalog.left(\(sqlState), 2) OPERATOR(pg_catalog.=) \(anyOf: classesOfSession)"
  }

  /// What a row's error says about the row alone, whatever other rows do: it is not worth another try when they are in.
  /// Of the others, a unique value may be given up, or a parent come, in the same merge.
  package static func isForGood(_ sqlState: SQL) -> SQL {
    """
    (pg_catalog.left(\(sqlState), 2) OPERATOR(pg_catalog.=) '22'
      OR \(sqlState) OPERATOR(pg_catalog.=) ANY ('{23502,23514,54000}'))
    """
  }
}

extension PostgresError {
  /// The target says it of a row that was written, and not of one that lacks its parent.
  package var isAboutRow: Bool { RowError.isAboutRow(sqlState) && sqlState != SQLState.foreignKeyViolation }

  /// A function that the statement has called, such as a trigger's, says it of a row.
  package var isAboutRowOfFunction: Bool {
    guard let sqlState, sqlState.count == 5, context?.isEmpty == false else { return false }
    return !RowError.classesOfSession.contains(String(sqlState.prefix(2))) && sqlState != SQLState.foreignKeyViolation
  }
}
