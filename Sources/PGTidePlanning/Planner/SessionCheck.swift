import PostgresValues

/// What is wrong with the settings of the sessions to one end, and what the user should know of them.
package struct SessionCheck {
  package let end: EndName
  package let session: SessionState
  /// What the configuration has under `session`.
  package let wishes: [SessionWish]
  package let server: ServerFacts

  package init(end: EndName, session: SessionState, wishes: [SessionWish], server: ServerFacts) {
    self.end = end
    self.session = session
    self.wishes = wishes
    self.server = server
  }

  package var problems: [PlanProblem] { session.strays.map(stray) + owned + session.refused.map(refused) }

  /// A setting under which nothing may be read or written, and that the session may not change.
  private func stray(_ stray: SessionState.Stray) -> PlanProblem {
    var reason = ""
    var value = ""
    if case .demanded(let wanted, let because) = SessionSetting.named(stray.name)?.decision {
      (value, reason) = (wanted, because)
    }
    return PlanProblem(
      problem: "the \(end)'s sessions have \(stray.name) = \(stray.value) (\(origin(of: stray))): \(reason)",
      // No role may set the last one in a session.
      advice: remedy(stray)
        + (stray.name == "ignore_system_indexes" ? "" : ", or connect as a role that may set it to \(value)"))
  }

  /// Where a value comes from, by `pg_settings.source`.
  private func origin(of stray: SessionState.Stray) -> String {
    switch stray.source {
    case "user": "set for the role \(server.user)"
    case "database": "set for the database \(server.database)"
    case "database user": "set for the role \(server.user) in the database \(server.database)"
    case "global": "set for all roles"
    case "client": "set by the connection string, PGOPTIONS or a service file"
    case "configuration file": "set in the server's configuration file"
    default: "source in pg_settings: \(stray.source)"
    }
  }

  private func remedy(_ stray: SessionState.Stray) -> String {
    let (role, database) = (Identifier(server.user).quoted, Identifier(server.database).quoted)
    switch stray.source {
    case "user": return "ALTER ROLE \(role) RESET \(stray.name)"
    case "database": return "ALTER DATABASE \(database) RESET \(stray.name)"
    case "database user": return "ALTER ROLE \(role) IN DATABASE \(database) RESET \(stray.name)"
    case "global": return "ALTER ROLE ALL RESET \(stray.name)"
    case "client": return "Take it out of `options` there"
    default: return "Reset it on the server"
    }
  }

  private var owned: [PlanProblem] {
    wishes.filter(\.isOwned).map { wish in
      var advice = "Take it out"
      if case .configured(let key) = SessionSetting.named(wish.name)?.decision {
        advice = "Say \(key) under `defaults`"
      }
      return PlanProblem(
        problem: "`session` sets \(wish.name) on the \(end), which pgtide itself sets", advice: advice)
    }
  }

  private func refused(_ wish: (name: String, error: PostgresError)) -> PlanProblem {
    guard wish.error.sqlState == SQLState.undefinedObject else {
      return PlanProblem(
        problem: "the \(end) does not take the \(wish.name) of `session`: \(wish.error.message)",
        advice: wish.error.hint ?? "Correct it")
    }
    return PlanProblem(
      problem: "`session` sets \(wish.name), which the \(end) does not know",
      advice: NearestName.advice(
        for: Identifier(wish.name), among: SessionSetting.all.filter { !$0.isOwned }.map { Identifier($0.name) })
        ?? "Correct the name; one of an extension has a dot in it")
  }

  package var notices: [String] {
    guard !session.omitted.isEmpty else { return [] }
    let schemas = session.omitted.map { "\($0.schema) (\($0.creators))" }.joined(separator: ", ")
    let count = session.omitted.count == 1 ? "1 schema was" : "\(session.omitted.count) schemas were"
    let revokes = session.omitted.map { omitted in
      "REVOKE CREATE ON SCHEMA \(Identifier(omitted.schema).quoted) FROM \(omitted.creators)"
    }.joined(separator: "; ")
    return [
      "\(count) left out of the search_path of our sessions on the \(end), because others may create objects there, which "
        + "could run with our rights: \(schemas). Names without a schema in the \(end)'s own code are not found there. "
        + "\(revokes); or name the path under `session`"
    ]
  }
}
