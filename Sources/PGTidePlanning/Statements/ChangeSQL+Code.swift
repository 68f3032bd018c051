import PostgresValues

extension ChangeSQL {
  /// The first number of what is not the server's own.
  static let firstOwn: SQL = "16384::pg_catalog.oid"

  /// A long text in short.
  static func short(_ text: SQL) -> SQL {
    """
    pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(
      pg_catalog.convert_to(\(text), pg_catalog.getdatabaseencoding())), 'hex'), 16)
    """
  }

  /// The enumerations and composite types of the database: a value changes without its row when a label or a field of it
  /// gets another name.
  package static let types: Question<String> = Question(
    sum(
      """
      SELECT 'label', e.oid, e.xmin FROM pg_catalog.pg_enum e
      UNION ALL
      SELECT 'field', a.attrelid, a.xmin FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0
      WHERE c.relkind OPERATOR(pg_catalog.=) 'c'
      """)
  ) { $0.rows.first?.text(0) ?? "" }

  /// Whatever else the database's own code consists of that may run while rows are read. A function may call any other one,
  /// which no catalog tells, so that all of them count.
  static let code: Question<String> = Question(
    sum(
      """
      SELECT 'function', p.oid, p.xmin FROM pg_catalog.pg_proc p
      WHERE p.oid OPERATOR(pg_catalog.>=) \(firstOwn)
        AND p.prorettype OPERATOR(pg_catalog.<>) 'pg_catalog.trigger'::pg_catalog.regtype::pg_catalog.oid
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.oid OPERATOR(pg_catalog.=) p.pronamespace
          AND pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_temp'))
      UNION ALL
      SELECT 'aggregate', g.aggfnoid::pg_catalog.oid, g.xmin FROM pg_catalog.pg_aggregate g
      WHERE g.aggfnoid::pg_catalog.oid OPERATOR(pg_catalog.>=) \(firstOwn)
      UNION ALL
      SELECT 'view', w.oid, w.xmin FROM pg_catalog.pg_rewrite w
      JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) w.ev_class
        AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
      WHERE w.oid OPERATOR(pg_catalog.>=) \(firstOwn) AND w.ev_type OPERATOR(pg_catalog.=) '1'
      UNION ALL
      SELECT 'operator', o.oid, o.xmin FROM pg_catalog.pg_operator o WHERE o.oid OPERATOR(pg_catalog.>=) \(firstOwn)
      UNION ALL
      SELECT 'cast', t.oid, t.xmin FROM pg_catalog.pg_cast t WHERE t.oid OPERATOR(pg_catalog.>=) \(firstOwn)
      UNION ALL
      SELECT 'policy', y.oid, y.xmin FROM pg_catalog.pg_policy y
      UNION ALL
      SELECT 'row-level security', r.oid, NULL FROM pg_catalog.pg_class r WHERE r.relrowsecurity
      UNION ALL
      SELECT 'dictionary', i.oid, i.xmin FROM pg_catalog.pg_ts_dict i
      WHERE i.oid OPERATOR(pg_catalog.>=) \(firstOwn)
      UNION ALL
      SELECT 'text search', m.mapcfg, m.xmin FROM pg_catalog.pg_ts_config_map m
      WHERE m.mapcfg OPERATOR(pg_catalog.>=) \(firstOwn)
      UNION ALL
      SELECT 'extension', x.oid, x.xmin FROM pg_catalog.pg_extension x
      """)
  ) { $0.rows.first?.text(0) ?? "" }

  /// Settings of the session that the database's own code sees, and those that it has got by its role and its database, of
  /// which some have names of the users' own.
  ///
  /// - Parameter names: of settings beside those that every server has.
  static func settings(_ names: [String]) -> Question<String> {
    let known = Set(SessionSetting.seenByCode + names).sorted()
    let text: SQL = """
      pg_catalog.concat_ws(E'\\n', (
          -- The view leaves out what the role may not see, which current_setting() would refuse; names of the users' own are
          -- not in it.
          SELECT pg_catalog.string_agg(pg_catalog.concat(s.name, '=', CASE
              WHEN pg_catalog.strpos(s.name, '.') OPERATOR(pg_catalog.>) 0 THEN pg_catalog.current_setting(s.name, true)
              ELSE g.setting END), E'\\n'
            ORDER BY s.name COLLATE pg_catalog."C")
          FROM pg_catalog.unnest(\(bind: arrayText(known))::pg_catalog.text[]) AS s (name)
          LEFT JOIN pg_catalog.pg_settings g ON g.name OPERATOR(pg_catalog.=) s.name), (
          SELECT pg_catalog.string_agg(pg_catalog.concat(r.setdatabase, ' ', r.setrole, ' ', own.text), E'\\n'
            ORDER BY r.setdatabase, r.setrole, own.text COLLATE pg_catalog."C")
          FROM pg_catalog.pg_db_role_setting r, LATERAL pg_catalog.unnest(r.setconfig) AS own (text)
          WHERE pg_catalog.strpos(pg_catalog.split_part(own.text, '=', 1), '.') OPERATOR(pg_catalog.>) 0
            AND (r.setdatabase OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR r.setdatabase OPERATOR(pg_catalog.=) (
              SELECT b.oid FROM pg_catalog.pg_database b
              WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))
            AND (r.setrole OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR r.setrole OPERATOR(pg_catalog.=) (
              SELECT u.oid FROM pg_catalog.pg_roles u WHERE u.rolname OPERATOR(pg_catalog.=) session_user))))
      """
    return Question("SELECT \(short(text))") { $0.rows.first?.text(0) ?? "" }
  }

  /// - Parameter rows: a kind, a number in its catalog, and the transaction that wrote it last.
  private static func sum(_ rows: SQL) -> SQL {
    """
    SELECT pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', part.kind, part.oid, part.written), 0))
    FROM (
      \(rows)) AS part (kind, oid, written)
    """
  }
}

extension SessionSetting {
  /// What code may take notice of, and pgtide leaves as it is.
  fileprivate static let seenByCode: [String] = all.compactMap { setting in
    switch setting.decision {
    case .left(.home), .left(.pinned): setting.name == "application_name" ? nil : setting.name
    default: nil
    }
  }
}
