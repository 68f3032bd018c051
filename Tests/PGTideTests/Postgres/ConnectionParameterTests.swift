import Postgres
import Testing

/// Parameters in connection strings that libpq does not know.
@Suite struct ConnectionParameterTests {
  private func error(_ text: String) -> PostgresError? {
    #expect(throws: PostgresError.self) { try ConnectionTarget(connectionString: text, label: "target") }
  }

  @Test(arguments: [
    ("postgresql://u@h/db?schema=public", "schema", "name the schema"),
    ("postgres://u:p?w@h:5432/db?sslmode=require&pgbouncer=true", "pgbouncer", "leave it out"),
    ("postgresql:///db?host=/tmp&user=postgres&currentSchema=geheim", "currentSchema", "name the schema"),
    ("postgresql://u@h/db?sslMode=require", "sslMode", "Did you mean sslmode?"),
    ("host=h dbname=db timeout=3 user=u", "timeout", "leave it out"),
    ("host=h usr='a b' dbname=db", "usr", "Did you mean user?"),
    (#"host=h options='-c a=\'b\'' statement_cache_size=0"#, "statement_cache_size", "leave it out"),
    ("postgresql://u@h/db?password=geheim&schema=x", "schema", "name the schema"),
  ])
  func `one of them is named, with advice, and nothing of its value`(text: String, name: String, advice: String) {
    let told = error(text).map { "\($0)" } ?? ""
    #expect(told.contains("a parameter \"\(name)\", which libpq does not know"))
    #expect(told.contains(advice))
    #expect(!told.contains("geheim") && !told.lowercased().contains("password"))
  }

  @Test(arguments: [
    "postgresql://u@h/db?password=a&geheim=b", "host=h password=a geheim=b", "host=h password='a' geheim = b",
    "postgresql://u@h/db?ge heim=b", "mysql://u:geheim@h/db?schema=x", "postgresql://u:p/a?geheim=1@h/db",
    "host=h geheim=b user=u", "postgresql://u@h/db?sslmode=require&geheim",
  ])
  func `what may be a piece of a password is not`(text: String) {
    #expect(error(text).map { "\($0)".contains("geheim") } == false)
  }

  @Test(arguments: [
    "postgresql://u@h/db?ssl=true", "postgresql://u:p?schema=x@h/db", "host=h application_name='a schema=b'",
    "postgresql://u@h/db?sslmode=require&application_name=schema", "service=x",
  ])
  func `what libpq knows, and what only looks like a parameter, is taken`(text: String) throws {
    _ = try ConnectionTarget(connectionString: text, label: "target")
  }
}
