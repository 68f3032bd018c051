/// What of an error others may read, too: a log, or a table that many see.
///
/// Any trigger and any function can raise any text with any SQLSTATE, and quote a row in message, detail, hint and context.
/// PL/pgSQL can set the names of table, column and constraint as well (manual, "43.9.1 Reporting Errors and Messages"). No
/// list of SQLSTATEs tells which of them do.
extension PostgresError {
  /// The message is the server's, about a statement: libpq's own has no SQLSTATE, and nothing was run before a connection
  /// stands.
  public var hasServersWords: Bool { sqlState != nil && kind != .cannotConnect }

  /// The message; where it is the server's, the SQLSTATE with its class and the names of constraint and table.
  public var messageWithoutValues: String {
    guard hasServersWords, let sqlState else { return message }
    var text = SQLState.name(of: sqlState) ?? "the server refused it"
    if let constraint = serversNames?.constraint { text += ", constraint \(constraint)" }
    if let table = serversNames?.table { text += ", table \(table)" }
    return "\(text) (SQLSTATE \(sqlState))"
  }

  /// The error itself where its names are the server's own, and not those that some code has raised it with.
  public var serversNames: PostgresError? { routine.map(Self.checkers.contains) == true ? self : nil }

  /// The server's functions that report what a constraint refuses, in versions 13 to 18.
  private static let checkers: Set<String> = [
    "ExecConstraints", "ReportNotNullViolationError", "ExecPartitionCheckEmitError", "_bt_check_unique",
    "check_exclusion_or_unique_constraint", "ri_ReportViolation", "ExecEvalConstraintNotNull",
    "ExecEvalConstraintCheck",
    "domain_check_input", "comparetup_index_btree", "comparetup_index_btree_tiebreak",
  ]
}

extension SQLState {
  /// What an SQLSTATE stands for, or else its first two characters (manual, "Appendix A. PostgreSQL Error Codes"); `nil` for
  /// a class of somebody's own.
  public static func name(of sqlState: String) -> String? {
    conditions[sqlState] ?? classes[String(sqlState.prefix(2))]
  }

  /// Where the class says nothing of what happened.
  private static let conditions = [
    "40001": "serialization failure", "40P01": "deadlock detected", "55006": "object in use",
    "55P03": "lock not available", "57014": "query canceled",
  ]

  private static let classes = [
    "08": "connection exception", "09": "triggered action exception", "0A": "feature not supported",
    "0B": "invalid transaction initiation", "0L": "invalid grantor", "0P": "invalid role specification",
    "20": "case not found", "21": "cardinality violation", "22": "data exception",
    "23": "integrity constraint violation", "24": "invalid cursor state", "25": "invalid transaction state",
    "26": "invalid SQL statement name", "27": "triggered data change violation",
    "28": "invalid authorization specification", "2B": "dependent privilege descriptors still exist",
    "2D": "invalid transaction termination", "2F": "SQL routine exception", "34": "invalid cursor name",
    "38": "external routine exception", "39": "external routine invocation exception", "3B": "savepoint exception",
    "3D": "invalid catalog name", "3F": "invalid schema name", "40": "transaction rollback",
    "42": "syntax error or access rule violation", "44": "WITH CHECK OPTION violation",
    "53": "insufficient resources", "54": "program limit exceeded", "55": "object not in prerequisite state",
    "57": "operator intervention", "58": "system error", "72": "snapshot failure", "F0": "configuration file error",
    "HV": "foreign data wrapper error", "P0": "PL/pgSQL error", "XX": "internal error",
  ]
}
