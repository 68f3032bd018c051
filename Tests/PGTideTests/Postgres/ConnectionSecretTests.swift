import Testing

@testable import ConnectionStrings
@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer
@testable import Postgres
@testable import PostgresValues

/// What is told of a connection string, and what is not.
@Suite struct ConnectionSecretTests {
  private func error(_ connection: String) -> PostgresError? {
    #expect(throws: PostgresError.self) { try ConnectionTarget(connectionString: connection, label: "source") }
  }

  @Test(arguments: [
    "postgresql://u:geheim@x@host/db", "postgresql://u:geheim/x@host/db", "postgresql://u:123/geheim@host",
    "postgresql://u:p@host:geheim/db", "postgresql//u:geheim@host", "u:geheim@host/db", "host=u:geheim@host",
    "dbname=postgresql://u:geheim@host/db", "host=x password=a geheim", "pasword=geheim", "mysql://u:geheim@host/db",
    "port=geheim", "host=a,u:geheim@b",
  ])
  func `a string that is not valid, or hides a password where it would be shown, is refused unquoted`(text: String) {
    #expect(error(text)?.kind == .cannotConnect)
    #expect(error(text).map { "\($0)".contains("geheim") } == false)
  }

  @Test(arguments: [
    "", "office", "dbname=office", "postgresql://u:p%40%2F%3A@host:5432/db?sslmode=require",
    "postgresql://u@/db?host=/tmp",
    "postgresql://u:p?w@host/db", "host=a,b port=5432,5433", "host=@abstract", "postgresql:///db?application_name=a@b",
    "postgresql://[::1]:5432/db", "host=::1 user=u@tenant", "dbname=db@prod", "postgresql://a:1,b:2/db",
  ])
  func `a string that is valid is taken`(text: String) throws {
    _ = try ConnectionTarget(connectionString: text, label: "source")
  }

  @Test func `a message loses the password, but not a name that it is part of`() {
    #expect("no: geheim".hiding(["geheim"], told: ["office"]) == "no: ***")
    #expect("user \"office\" failed".hiding(["office", ""], told: ["office"]) == "user \"office\" failed")
  }

  @Test func `printing and dumping an end or its options does not show its connection string`() {
    let end = EndConfiguration(connection: "host=h user=u password=geheim dbname=d")
    let options = ConnectionOptions(label: "source", connectionString: end.connection)
    var texts = ["\(end)", String(reflecting: end), "\(options)", String(reflecting: options)]
    texts.append(String(reflecting: SyncConfiguration(source: end, target: end, tables: [])))
    var dumped = ""
    dump(SyncConfiguration(source: end, target: end, tables: []), to: &dumped)
    dump(options, to: &dumped)
    texts.append(dumped)
    #expect(texts.allSatisfy { !$0.contains("geheim") })
    #expect("\(end)" == "d on h, schema public")
  }

  @Test(arguments: [
    "postgresql://u:geheim@host/db", "host=h password=geheim", "host=h pass = geheim", "u:geheim@host",
  ])
  func `a configuration that quotes what looks like a connection string leaves it out`(text: String) {
    let hidden = QuotedSecret.hide(in: "unknown key `\(text)` in `source`; known are `a`")
    #expect(!hidden.contains("geheim"))
    #expect(hidden.hasPrefix("unknown key `…`"))
  }

  @Test(arguments: ["unknown key `colour` in `tables`", "a plain message", "`one` tick", "a ` b"])
  func `any other message stays as it is`(message: String) {
    #expect(QuotedSecret.hide(in: message) == message)
  }
}
