import Postgres

/// Connection strings: whatever they are, they are taken apart or refused, and what is shown of them is no password.
///
/// An input is the string.
package struct ConnectionSubject: FuzzSubject {
  package static let name = "connection"

  package init() {}

  private static let secret = "geheim"
  private static let samples = [
    "postgresql://sync:\(secret)@db.example.com:5432/app?sslmode=verify-full", "postgres://a:\(secret)@[::1]/b",
    "host=db port=5432 dbname=app user=sync password='\(secret)' sslmode=require", "service=office", "office", "",
    "postgresql://%2Fvar%2Frun/app?password=\(secret)", "postgresql://a,b:5432,c:1/d?target_session_attrs=any",
  ]
  private static let words = [
    "%", "%00", "%zz", "@", ":", "/", "//", "?", "&", "=", "'", "\\", "[", "]", ",", "\0", "é", " ",
  ]
  .map { Array($0.utf8) }

  package mutating func input(using random: inout SeededGenerator) -> [UInt8] {
    var bytes = Array(random.pick(Self.samples).utf8)
    for _ in 0..<random.below(5) { Mutation.mutate(&bytes, words: Self.words, using: &random) }
    return bytes
  }

  package mutating func check(_ input: [UInt8]) throws(FuzzFinding) {
    let text = String(decoding: input, as: UTF8.self)
    let target: ConnectionTarget
    do throws(PostgresError) {
      target = try ConnectionTarget(connectionString: text, label: "source")
    } catch {
      guard !"\(error)".contains(Self.secret) else { throw FuzzFinding("shows a secret: \(error)") }
      return
    }
    if let port = target.port, !port.allSatisfy({ ($0.isASCII && $0.isNumber) || $0 == "," || $0 == " " }) {
      throw FuzzFinding("shows `\(port)` as the port of `\(text)`")
    }
    if text.contains("\0") { throw FuzzFinding("takes a part of `\(text)` for the whole") }
  }
}
