import Logging
import Postgres

/// An error as a log may show it: with its SQLSTATE and names in fields, and without the server's words, which may quote a
/// row.
package enum LoggedError {
  package static func fields(_ error: any Error) -> Logger.Metadata {
    switch error {
    case let error as PostgresError: return fields(error)
    case let error as ServerError: return fields(error.cause)
    case let error as SyncError:
      var fields: Logger.Metadata = error.cause.map(fields) ?? [:]
      fields["error"] = .string(error.messageWithoutValues)
      if let table = error.table { fields["table"] = .string(table) }
      if let advice = error.advice { fields["advice"] = .string(advice) }
      return fields
    case let error as PlanRefusal:
      return ["error": "the plan has problems", "problems": .array(error.problems.map { .string("\($0)") })]
    case is CancellationError: return ["error": "stopped before the end"]
    // An error at COMMIT wraps the server's.
    default: return error.serverError.map(fields) ?? ["error": .string(error.plain)]
    }
  }

  private static func fields(_ error: PostgresError) -> Logger.Metadata {
    let (names, hint) = (error.serversNames, error.hasServersWords ? nil : error.hint)
    let named = [
      ("sqlstate", error.sqlState), ("relation", names?.table), ("column", names?.column),
      ("constraint", names?.constraint), ("held_by", error.lockHolders), ("hint", hint), ("advice", error.advice),
    ]
    var fields: Logger.Metadata = [
      "error": .string(error.messageWithoutValues), "connection": .string(error.connection),
    ]
    for (name, value) in named { if let value { fields[name] = .string(value) } }
    return fields
  }
}

extension Logger.Metadata {
  package func adding(_ more: Logger.Metadata) -> Logger.Metadata { merging(more) { _, new in new } }
}
