import FoundationEssentials
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct SessionSettingTests {
  @Test func `each setting is decided once, and the documentation has all of them`() throws {
    let names = SessionSetting.all.map(\.name)
    #expect(Set(names).count == names.count)
    let root = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
    let text = try String(contentsOfFile: root + "/docs/reference/settings.md", encoding: .utf8)
    #expect(names.filter { !text.contains("`\($0)`") } == [])
  }

  @Test func `the source is read-only and the target is not`() {
    let source = SessionSetting.settings(on: .source)
    let target = SessionSetting.settings(on: .target)
    #expect(source.contains { $0 == ("default_transaction_read_only", "on") })
    #expect(!target.contains { $0.name == "default_transaction_read_only" || $0.name == "row_security" })
  }

  @Test func `session may have what pgtide does not need, however it is written`() {
    for name in [
      "client_encoding", "ROW_SECURITY", "lock_timeout", "Session_Replication_Role", "transaction_isolation",
    ] {
      #expect(SessionWish(name: name, value: "").isOwned, "\(name)")
    }
    for name in ["search_path", "timezone", "work_mem", "jit", "app.tenant", "no_such"] {
      #expect(!SessionWish(name: name, value: "").isOwned, "\(name)")
    }
  }

  @Test(arguments: [
    ("PL/pgSQL function note() line 1 at SQL statement", "note()"),
    (
      "PL/pgSQL function app.\"Odd name\"(integer,character varying) line 3 at RAISE",
      "app.\"Odd name\"(integer,character varying)"
    ),
    (
      "PL/pgSQL function f(numeric) line 3 at IF\nSQL statement \"INSERT INTO x\"\nPL/pgSQL function g() line 1",
      "f(numeric)"
    ),
    ("PL/pgSQL-Funktion note() Zeile 1 bei SQL-Anweisung", "note()"),
    ("fonction PL/pgSQL note(), ligne 1 à instruction SQL", "note()"),
    ("SQL function \"squeezed\" during startup", "squeezed"), ("SQL-Funktion »squeezed« beim Start", "squeezed"),
    ("SQL statement \"INSERT INTO log VALUES (NEW.v)\"\nPL/pgSQL function note() line 1 at SQL statement", "note()"),
    ("COPY people, line 1", nil), ("SQL statement \"SELECT 1 FROM x\"", nil),
  ])
  func `the innermost function of an error's context, in any language`(context: String, function: String?) {
    #expect(FunctionAdvice.function(in: context) == function)
  }
}
