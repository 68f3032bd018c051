import CLibPQ

extension Connection {
  /// Applies the settings after all, once it is known that the pooler in between keeps sessions. Only that server process
  /// gets them: if another one answers now, nothing is set.
  ///
  /// Throws: ``SessionMoved``; ``PostgresError``.
  public func applySettings(to process: Int) async throws {
    try await applySettings(onlyTo: process)
    guard backend == process else { throw SessionMoved(connection: label) }
    try checkEncoding()
  }

  /// Applies the options' settings to the session, in one round trip where nothing is refused.
  ///
  /// With ``ConnectionOptions/sparesPoolers`` they are left out while something else than the server itself answers:
  /// a pooler in transaction mode would leave them behind for the sessions of others. A server's process has the
  /// number that was told when the connection was made; a pooler tells a number of its own.
  func applySettings(sparingPoolers: Bool) async throws {
    try await applySettings(onlyTo: sparingPoolers ? unsafe Int(PQbackendPID(try pointer())) : nil)
  }

  /// - Parameter process: the only server process that gets them; `nil`: whichever answers.
  private func applySettings(onlyTo process: Int?) async throws {
    guard !options.settings.isEmpty else { return }
    let own = unsafe Int(PQbackendPID(try pointer()))
    let condition: SQL = process.map { "pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) \($0)" } ?? "true"
    var state = SessionState()
    var wishes = options.wishes
    while true {
      let setting = wishes.map { SessionSQL.wish($0, if: condition) }
      let question = Question.all(
        .running([SessionSQL.patience(if: condition)] as [SQL]),
        Question(SessionSQL.settings(options.settings, if: condition)) { $0.rows.first?.int(0) }, .running(setting),
        .optional(options.question.map { Question($0) }),
        Question(SessionSQL.look(at: options.demands, if: condition)) {
          $0.rows.first.map { (demands: $0.bool(0), path: $0.bool(1)) }
        })
      do {
        let (_, serving, _, told, look) = try await ask(question, deadline: options.connectTimeout)
        backend = serving
        isBehindPooler = backend != own
        isSetUp = process == nil || process == backend
        answer = told ?? answer
        guard let look else { break }
        if look.demands { try await demand(&state, if: condition) }
        if options.guardsSearchPath, look.path { try await guardPath(&state, if: condition) }
        break
      } catch let error as PostgresError where error.kind == .statement {
        // The rest is set without it; whoever plans with this session is told.
        guard let place = setting.firstIndex(where: { $0.text == error.statement }) else { throw error }
        state.refused.append((wishes.remove(at: place).name, error))
      }
    }
    session = state
    if let canceller, let backend { options.stallWatch?.identify(canceller, backend: backend) }
  }

  /// Sets what is demanded and stands otherwise, as far as it can be set.
  private func demand(_ state: inout SessionState, if condition: SQL) async throws {
    (_, state.strays) = try await ask(
      .all(.running([SessionSQL.demands(options.demands, if: condition)]), SessionSQL.strays(options.demands)),
      deadline: options.connectTimeout)
    if !state.strays.isEmpty { try await insist(on: &state) }
  }

  private func guardPath(_ state: inout SessionState, if condition: SQL) async throws {
    let question = Question(SessionSQL.guardedPath(if: condition)) { answer in
      answer.rows.first.map { zip($0.array(0), $0.array(1)).map { (schema: $0 ?? "", creators: $1 ?? "") } }
    }
    if let omitted = try await ask(question, deadline: options.connectTimeout) { state.omitted = omitted }
  }

  /// Tries to set what is demanded by statements of their own: hosted services give rights for SET that no catalog
  /// shows.
  private func insist(on state: inout SessionState) async throws {
    let demands = options.demands.filter { demand in state.strays.contains { $0.name == demand.name } }
    let setting: Question<[Question<QueryResult>.Answered]> = .each(
      demands.map { .outcome(of: "SET \(Identifier($0.name)) TO \(literal: $0.value)") })
    (_, state.strays) = try await attempt(.all(setting, SessionSQL.strays(demands)))
  }

  /// Makes sure that texts travel in UTF-8, whatever the user, the role, the database or a trigger on logins says.
  ///
  /// Throws: ``PostgresError`` of kind `cannotConnect`.
  func checkEncoding() throws {
    let encoding = unsafe PQparameterStatus(try pointer(), "client_encoding").map { unsafe String(cString: $0) }
    guard let encoding, encoding != ConnectionOptions.encoding else { return }
    throw PostgresError(
      kind: .cannotConnect, connection: label,
      message: "the session's client_encoding is \(encoding), and not \(ConnectionOptions.encoding)",
      hint: "Texts would arrive as others. Take client_encoding out of whatever sets it when a session begins.")
  }
}

/// The statements that set a session up. They run before the `search_path` is known to be safe.
private enum SessionSQL {
  private static func unnested(_ settings: [(name: String, value: String)]) -> SQL {
    """
    ROWS FROM (pg_catalog.unnest(\(bind: arrayText(settings.map(\.name)))::pg_catalog.text[]),
          pg_catalog.unnest(\(bind: arrayText(settings.map(\.value)))::pg_catalog.text[])) AS wanted (name, value)
    """
  }

  private static func wanted(_ settings: [(name: String, value: String)]) -> SQL {
    """
    \(unnested(settings))
        JOIN pg_catalog.pg_settings s ON s.name OPERATOR(pg_catalog.=) wanted.name
          AND s.setting OPERATOR(pg_catalog.<>) wanted.value
    """
  }

  /// By itself and first: the others take longer than some patience lasts.
  static func patience(if condition: SQL) -> SQL {
    "SELECT pg_catalog.set_config('statement_timeout', '0', false) WHERE \(condition)"
  }

  /// Sets those that the server knows and has otherwise.
  static func settings(_ settings: [(name: String, value: String)], if condition: SQL) -> SQL {
    """
    SELECT pg_catalog.pg_backend_pid(), pg_catalog.count(pg_catalog.set_config(wanted.name, wanted.value, false))
    FROM \(unnested(settings))
    WHERE \(condition) AND pg_catalog.current_setting(wanted.name, true) OPERATOR(pg_catalog.<>) wanted.value
    """
  }

  /// One row: whether something that is demanded has another value, and whether anybody but a schema's owner was granted
  /// to create objects in one of the path. `pg_settings`, which says more, takes some milliseconds to read all of itself.
  static func look(at demands: [(name: String, value: String)], if condition: SQL) -> SQL {
    """
    SELECT
      EXISTS (SELECT FROM \(unnested(demands))
        WHERE pg_catalog.current_setting(wanted.name, true) OPERATOR(pg_catalog.<>) wanted.value),
      EXISTS (SELECT FROM pg_catalog.pg_namespace n, LATERAL pg_catalog.aclexplode(n.nspacl) a
        WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))
          AND a.privilege_type OPERATOR(pg_catalog.=) 'CREATE' AND a.grantee OPERATOR(pg_catalog.<>) n.nspowner)
    WHERE \(condition)
    """
  }

  static func wish(_ wish: (name: String, value: String), if condition: SQL) -> SQL {
    "SELECT pg_catalog.set_config(\(literal: wish.name), \(bind: wish.value), false) WHERE \(condition)"
  }

  /// Sets those which the session may set for certain.
  static func demands(_ demands: [(name: String, value: String)], if condition: SQL) -> SQL {
    """
    SELECT pg_catalog.count(pg_catalog.set_config(wanted.name, wanted.value, false))
    FROM \(wanted(demands))
    WHERE \(condition) AND (s.context OPERATOR(pg_catalog.=) 'user' OR s.context OPERATOR(pg_catalog.=) 'superuser'
      AND EXISTS (SELECT FROM pg_catalog.pg_roles r
        WHERE r.rolname OPERATOR(pg_catalog.=) current_user AND r.rolsuper))
    """
  }

  /// Those that have another value still.
  static func strays(_ demands: [(name: String, value: String)]) -> Question<[SessionState.Stray]> {
    Question("SELECT s.name, s.setting, s.source FROM \(wanted(demands)) ORDER BY s.name") {
      $0.rows.map { SessionState.Stray(name: $0.text(0), value: $0.text(1), source: $0.text(2)) }
    }
  }

  /// Takes the schemas out of the path in which roles other than their owner, superusers and our own may create objects:
  /// what our statements and the databases' code name without a schema could be theirs. One row: those schemas, and to whom
  /// it was granted in each; NULL where there is none, and the path stays as it is.
  ///
  /// `PUBLIC` is everybody, also those who come later. A group is as safe as its members. Nobody else can use a session's
  /// temporary schema, which is searched first unless the path names it.
  static func guardedPath(if condition: SQL) -> SQL {
    """
    WITH path AS (
      SELECT p.schema, p.place, n.nspowner, n.nspacl
      FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS p (schema, place)
      JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) p.schema
      WHERE \(condition)),
    grants AS (
      SELECT path.schema, path.place, path.nspowner, a.grantee
      FROM path, LATERAL pg_catalog.aclexplode(path.nspacl) a
      WHERE a.privilege_type OPERATOR(pg_catalog.=) 'CREATE'),
    creators AS (
      SELECT g.schema, g.place,
        CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid THEN 'PUBLIC'
          ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)) END AS name
      FROM grants g
      WHERE g.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR EXISTS (
        SELECT FROM pg_catalog.pg_roles r
        WHERE pg_catalog.pg_has_role(r.oid, g.grantee, 'MEMBER') AND NOT r.rolsuper
          AND r.rolname OPERATOR(pg_catalog.<>) current_user AND r.rolname OPERATOR(pg_catalog.<>) session_user
          AND r.rolname OPERATOR(pg_catalog.<>) 'pg_database_owner'
          AND NOT pg_catalog.pg_has_role(r.oid, g.nspowner, 'MEMBER')
          AND (r.rolcanlogin OR NOT EXISTS (
            SELECT FROM pg_catalog.pg_auth_members m WHERE m.roleid OPERATOR(pg_catalog.=) r.oid)))),
    open AS (
      SELECT c.schema, c.place, pg_catalog.string_agg(c.name, ', ' ORDER BY c.name) AS names
      FROM creators c GROUP BY c.schema, c.place),
    safe AS (
      SELECT pg_catalog.concat_ws(', ',
        (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(path.schema), ', ' ORDER BY path.place)
          FROM path WHERE NOT EXISTS (SELECT FROM open WHERE open.place OPERATOR(pg_catalog.=) path.place)
            AND NOT pg_catalog.starts_with(path.schema::pg_catalog.text, 'pg_temp')),
        CASE WHEN pg_catalog.strpos(pg_catalog.current_setting('search_path'), 'pg_temp') OPERATOR(pg_catalog.>) 0
          THEN 'pg_temp' END) AS text),
    found AS (
      SELECT pg_catalog.array_agg(open.schema::pg_catalog.text ORDER BY open.place) AS schemas,
        pg_catalog.array_agg(open.names ORDER BY open.place) AS creators
      FROM open)
    SELECT found.schemas, found.creators,
      CASE WHEN found.schemas IS NOT NULL THEN pg_catalog.set_config('search_path', safe.text, false) END
    FROM found, safe
    WHERE found.schemas IS NOT NULL
    """
  }
}
