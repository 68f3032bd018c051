import Testing

/// The rules for names in our own SQL. Each finds what it is there for, and nothing else.
@Suite struct SQLNamesTests {
  @Test(arguments: [
    ("SELECT a.x = 1", "the operator = without its schema"),
    ("SELECT a.x OPERATOR(=) 1", "the operator = without its schema"),
    ("SELECT a.x->>'b'", "the operator ->> without its schema"),
    ("SELECT a.x || 'b'", "the operator || without its schema"),
    ("SELECT - a.x", "the operator - without its schema"),
    ("SELECT -1::bigint", "the operator - without its schema"),
    ("SELECT 2.5e-3-4", "the operator - without its schema"),
    ("SELECT a.x -1", "the operator - without its schema"),
    ("SELECT a.x * 2", "the operator * without its schema"),
    ("UPDATE s.t SET a = b = c", "the operator = without its schema"),
    ("UPDATE s.t SET a = s.f(b, c = d)", "the operator = without its schema"),
    ("UPDATE s.t SET a = 1 WHERE b = 2", "the operator = without its schema"),
    ("SELECT a.x = ANY (a.y)", "the operator = without its schema"),
    ("SELECT format('%s', a.x)", "the function format without its schema"),
    ("SELECT count(*)", "the function count without its schema"),
    ("SELECT \"now\"()", "the function now without its schema"),
    ("SELECT a.x::text", "the type text without its schema"),
    ("SELECT a.x::\"char\"", "the type char without its schema"),
    ("SELECT cast(a.x AS text)", "the type text without its schema"),
    ("CREATE TABLE s.t (a text)", "the type text without its schema"),
    ("DO $a$ DECLARE a jsonb[]; BEGIN END $a$", "the type jsonb without its schema"),
    ("DO $a$ BEGIN IF a < 1 THEN RETURN; END IF; END $a$", "the operator < without its schema"),
    ("SELECT a.x IN (1, 2)", "IN looks = up"),
    ("SELECT a.x IN (SELECT b.y FROM s.b)", "IN looks = up"),
    ("SELECT a.x NOT BETWEEN 1 AND 2", "BETWEEN looks an operator up"),
    ("SELECT a.x LIKE 'y'", "LIKE looks an operator up"),
    ("SELECT a.x ILIKE 'y'", "ILIKE looks an operator up"),
    ("SELECT a.x SIMILAR TO 'y'", "SIMILAR looks an operator up"),
    ("SELECT a.x IS DISTINCT FROM NULL", "IS DISTINCT FROM looks = up"),
    ("SELECT a.x IS NOT DISTINCT FROM NULL", "IS DISTINCT FROM looks = up"),
    ("SELECT nullif(a.x, 1)", "NULLIF looks an operator up"),
    ("SELECT FROM s.a JOIN s.b USING (x)", "USING (…) looks = up"),
    ("SELECT FROM s.a NATURAL JOIN s.b", "NATURAL looks an operator up"),
    ("SELECT CASE a.x WHEN 1 THEN 2 END", "CASE with an operand looks = up"),
    ("SELECT FROM pg_class", "the relation pg_class without its schema"),
    ("SELECT FROM s.a JOIN \"b\" ON true", "the relation b without its schema"),
    ("UPDATE t SET a = 1", "the relation t without its schema"),
    ("CREATE INDEX IF NOT EXISTS i ON s.t (lower(a))", "the function lower without its schema"),
  ])
  func `what the search_path decides about is found`(statement: String, mistake: String) {
    #expect(SQLNames.mistakes(in: statement) == [mistake])
  }

  @Test(arguments: [
    "SELECT pg_catalog.count(*), t.*, a.x OPERATOR(pg_catalog.=) -1 FROM s.t",
    "SELECT a.x OPERATOR(pg_catalog.=) ANY ('{a,b}') AND a.y IS NOT NULL",
    "SELECT 'a = b', \"a = b\", E'it\\'s = x', $1::bigint, $$ a = b $$ -- a = b\n/* a = b */",
    "UPDATE s.t SET a = 1, b = pg_catalog.now() FROM s.u WHERE t.a OPERATOR(pg_catalog.=) u.a",
    "INSERT INTO s.t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = EXCLUDED.a",
    "SET LOCAL enable_nestloop = off",
    "CREATE TABLE s.t (a pg_catalog.text, b bigint, c numeric(8,2)) WITH (autovacuum_enabled = false)",
    "WITH a AS MATERIALIZED (SELECT 1), b AS (SELECT * FROM a) SELECT DISTINCT * FROM b JOIN a ON true",
    "WITH RECURSIVE a (b, c) AS (SELECT 1, 2 UNION SELECT a.b, a.c FROM a) SELECT a.b FROM a",
    "VACUUM (SKIP_LOCKED) s.t",
    "SELECT FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[])) WITH ORDINALITY AS w (a, b)",
    "SELECT CASE WHEN a.x IS NULL THEN -1 ELSE COALESCE(a.y, GREATEST(1, 2)) END, a.x::timestamp(3) with time zone",
    "SELECT 2.5e-324, 1e9, a.x::interval day to second(3), a.y::interval second(2)",
    "DELETE FROM s.t USING s.u WHERE t.a OPERATOR(pg_catalog.=) u.a",
    "LOCK TABLE s.t IN ROW EXCLUSIVE MODE",
    "COPY s.t (a, b) FROM STDIN (FORMAT text)",
    """
    DO $a$ #variable_conflict use_column
    <<block>> DECLARE a pg_catalog.text; BEGIN
      a := 'b'; FETCH c INTO a, b; RAISE EXCEPTION USING ERRCODE = 'x', MESSAGE = 'y';
      GET STACKED DIAGNOSTICS a = RETURNED_SQLSTATE, b = MESSAGE_TEXT;
    END $a$
    """,
    "CREATE INDEX i ON public.t USING btree (lower(a)) WHERE (a > 1)",
  ])
  func `what is named in full is let pass`(statement: String) {
    #expect(SQLNames.mistakes(in: statement) == [])
  }
}
