import CLibPQ

/// How an open connection reaches its server, as it turned out: by which way, and what the TLS settings of the
/// connection string, the environment and libpq's defaults came to.
public struct ConnectionLink: Sendable, Hashable {
  /// As it was asked for; a socket's directory begins with `/`, its abstract name with `@`.
  public var host: String
  /// The address that answered; empty on a socket.
  public var address: String
  /// The effective `sslmode`, and `gssencmode`.
  public var sslMode: String
  public var gssEncMode: String
  public var isEncrypted: Bool

  public init(host: String, address: String, sslMode: String, gssEncMode: String = "prefer", isEncrypted: Bool) {
    self.host = host
    self.address = address
    self.sslMode = sslMode
    self.gssEncMode = gssEncMode
    self.isEncrypted = isEncrypted
  }

  /// No network lies between: a socket, or the loopback address.
  public var isLocal: Bool {
    if host.hasPrefix("/") || host.hasPrefix("@") { return true }
    return address.hasPrefix("127.") || address == "::1" || address.hasPrefix("::ffff:127.")
  }

  /// The settings refuse a connection that is not encrypted (manual, "34.19.3 Protection Provided in Different Modes").
  public var demandsEncryption: Bool {
    ["require", "verify-ca", "verify-full"].contains(sslMode) || gssEncMode == "require"
  }
}

extension Connection {
  /// How this connection reaches its server.
  public func link() throws -> ConnectionLink {
    let pointer = unsafe try pointer()
    let values = unsafe connectionValues(pointer)
    return ConnectionLink(
      host: unsafe PQhost(pointer).map { unsafe String(cString: $0) } ?? "",
      address: unsafe PQhostaddr(pointer).map { unsafe String(cString: $0) } ?? "",
      sslMode: values["sslmode"] ?? "prefer", gssEncMode: values["gssencmode"] ?? "prefer",
      isEncrypted: unsafe PQsslInUse(pointer) == 1 || PQgssEncInUse(pointer) == 1)
  }
}
