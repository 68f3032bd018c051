import EphemeralPostgres

/// A schema that stands before `pg_catalog` in the path of every session, with a counterpart of everything there that a
/// statement could name: operators, functions and aggregates that raise, domains that hold nothing, and empty tables.
enum HostileSchema {
  /// Creates it. What takes types that no function of our own can take is left out; ``counts`` says how much there is.
  private static let script = """
    SET check_function_bodies = off;
    SET client_min_messages = error;
    CREATE SCHEMA hostile;
    DO $make$
    DECLARE
      one record;
    BEGIN
      FOR one IN
        SELECT o.oprname, format_type(o.oprleft, NULL) AS l, format_type(o.oprright, NULL) AS r, o.oprleft,
          format_type(o.oprresult, NULL) AS result, row_number() OVER () AS number
        FROM pg_operator o WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprright <> 0
      LOOP
        BEGIN
          EXECUTE format(
            'CREATE FUNCTION hostile.operator_%s(%s%s) RETURNS %s LANGUAGE plpgsql AS '
              '$f$ BEGIN RAISE ''hostile operator %s''; END $f$',
            one.number, CASE WHEN one.oprleft <> 0 THEN one.l || ', ' ELSE '' END, one.r, one.result,
            replace(one.oprname, '%', '%%'));
          EXECUTE format(
            'CREATE OPERATOR hostile.%s (FUNCTION = hostile.operator_%s, %s RIGHTARG = %s)', one.oprname, one.number,
            CASE WHEN one.oprleft <> 0 THEN 'LEFTARG = ' || one.l || ',' ELSE '' END, one.r);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
      END LOOP;
      FOR one IN
        SELECT p.proname, pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result
        FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind IN ('f', 'w')
      LOOP
        BEGIN
          EXECUTE format(
            'CREATE FUNCTION hostile.%I(%s) RETURNS %s LANGUAGE plpgsql AS '
              '$f$ BEGIN RAISE ''hostile function %s''; END $f$',
            one.proname, one.arguments, one.result, one.proname);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
      END LOOP;
      CREATE FUNCTION hostile.step(text) RETURNS text LANGUAGE plpgsql AS
        $f$ BEGIN RAISE 'hostile aggregate'; END $f$;
      CREATE FUNCTION hostile.step(text, anyelement) RETURNS text LANGUAGE plpgsql AS
        $f$ BEGIN RAISE 'hostile aggregate'; END $f$;
      CREATE FUNCTION hostile.step(text, text, text) RETURNS text LANGUAGE plpgsql AS
        $f$ BEGIN RAISE 'hostile aggregate'; END $f$;
      CREATE AGGREGATE hostile.count(*) (SFUNC = hostile.step, STYPE = text, INITCOND = 'hostile');
      CREATE AGGREGATE hostile.string_agg(text, text) (SFUNC = hostile.step, STYPE = text, INITCOND = 'hostile');
      FOR one IN
        SELECT DISTINCT p.proname, CASE WHEN p.proargtypes[0] IN ('"any"'::regtype, 'anynonarray'::regtype)
          THEN 'anyelement' ELSE format_type(p.proargtypes[0], NULL) END AS argument
        FROM pg_proc p
        WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'a' AND p.pronargs = 1
      LOOP
        BEGIN
          EXECUTE format(
            'CREATE AGGREGATE hostile.%I(%s) (SFUNC = hostile.step, STYPE = text, INITCOND = ''hostile'')',
            one.proname, one.argument);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
      END LOOP;
      FOR one IN
        SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind IN ('r', 'v')
      LOOP
        EXECUTE format('CREATE TABLE hostile.%I ()', one.relname);
      END LOOP;
      FOR one IN
        SELECT t.typname FROM pg_type t
        WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typrelid = 0 AND t.typname !~ '^_'
      LOOP
        BEGIN
          EXECUTE format('CREATE DOMAIN hostile.%I AS integer CHECK (false)', one.typname);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
      END LOOP;
    END $make$;
    """

  /// Operators, functions, aggregates, tables and domains of the schema.
  private static let counts = """
    SELECT (SELECT count(*) FROM pg_operator WHERE oprnamespace = 'hostile'::regnamespace),
      (SELECT count(*) FROM pg_proc WHERE pronamespace = 'hostile'::regnamespace AND prokind = 'f'),
      (SELECT count(*) FROM pg_proc WHERE pronamespace = 'hostile'::regnamespace AND prokind = 'a'),
      (SELECT count(*) FROM pg_class WHERE relnamespace = 'hostile'::regnamespace AND relkind = 'r'),
      (SELECT count(*) FROM pg_type WHERE typnamespace = 'hostile'::regnamespace AND typtype = 'd')
    """

  /// Puts it into `database`, and in front of the path of every session to come. Returns ``counts``.
  static func create(in database: TestDatabase) async throws -> [Int] {
    try await database.run(script)
    let made = try await database.rows(counts).first?.compactMap(Int.init) ?? []
    try await database.run("ALTER DATABASE \(database.name) SET search_path = hostile, pg_catalog, public")
    return made
  }

  /// A session whose path is an ordinary one, so that a test can ask.
  static let ordinary = "SET search_path = pg_catalog, public;\n"

  static func leave(_ database: TestDatabase) async throws {
    try await database.run("ALTER DATABASE \(database.name) RESET search_path")
  }
}
