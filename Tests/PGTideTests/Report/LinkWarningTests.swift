import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct LinkWarningTests {
  private func warning(
    host: String = "db.example.com", address: String = "203.0.113.7", _ sslMode: String, gss: String = "prefer",
    isEncrypted: Bool = false
  ) -> LinkWarning? {
    LinkWarning(
      end: "target",
      link: ConnectionLink(
        host: host, address: address, sslMode: sslMode, gssEncMode: gss, isEncrypted: isEncrypted))
  }

  @Test(arguments: ["disable", "allow", "prefer"])
  func `another machine without require is warned of, also where TLS came about`(mode: String) {
    #expect(warning(mode) != nil)
    #expect(warning(mode, isEncrypted: true)?.text.contains("This time it is encrypted") == true)
    #expect(warning(mode)?.text.contains("rows can be read on the way") == true)
  }

  @Test(arguments: ["require", "verify-ca", "verify-full"])
  func `require and above are well`(mode: String) {
    #expect(warning(mode, isEncrypted: true) == nil)
  }

  @Test func `encryption by Kerberos is well, if it is demanded`() {
    #expect(warning("disable", gss: "require", isEncrypted: true) == nil)
  }

  @Test(arguments: [
    ("/run/postgresql", ""), ("@abstract", ""), ("localhost", "127.0.0.1"), ("localhost", "::1"),
    ("127.0.0.53", "127.0.0.53"), ("here", "::ffff:127.0.0.1"),
  ])
  func `sockets and the loopback address need none`(host: String, address: String) {
    #expect(warning(host: host, address: address, "disable") == nil)
  }

  @Test(arguments: [("localhost", "203.0.113.7"), ("127.example.com", "198.51.100.1"), ("db", "2001:db8::1")])
  func `a name that looks local is judged by its address`(host: String, address: String) {
    #expect(warning(host: host, address: address, "prefer") != nil)
  }
}
