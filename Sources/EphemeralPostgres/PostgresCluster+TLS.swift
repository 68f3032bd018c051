extension PostgresCluster {
  /// Makes a certificate authority and a certificate for `host`, and restarts the server with TLS. Needs `openssl`.
  ///
  /// Returns the path of the authority's certificate, for `sslrootcert`.
  public func turnOnTLS(host: String = "localhost") async throws -> String {
    let authority = try await makeAuthority(named: "authority")
    let (key, request, certificate) = ("\(directory)/tls.key", "\(directory)/tls.csr", "\(directory)/tls.crt")
    try await openssl(["req", "-subj", "/CN=\(host)", "-keyout", key, "-out", request] + Self.newKey)
    try await openssl([
      "x509", "-req", "-in", request, "-CA", authority, "-CAkey", "\(directory)/authority.key", "-CAcreateserial",
      "-days", "2", "-out", certificate,
    ])
    try await database().run(
      """
      ALTER SYSTEM SET ssl_key_file = '\(key)';
      ALTER SYSTEM SET ssl_cert_file = '\(certificate)';
      ALTER SYSTEM SET ssl = on;
      """)
    try await restart()
    return authority
  }

  /// Makes an authority that has signed nothing yet. Returns the path of its certificate.
  public func makeAuthority(named name: String) async throws -> String {
    let certificate = "\(directory)/\(name).crt"
    try await openssl(
      [
        "req", "-x509", "-subj", "/CN=pgtide test \(name)", "-days", "2", "-keyout", "\(directory)/\(name).key",
        "-out", certificate,
      ] + Self.newKey)
    return certificate
  }

  private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

  private func openssl(_ arguments: [String]) async throws {
    try await command.output(
      of: "openssl", arguments, as: user, operation: "make a certificate in \(directory)",
      hint: "openssl must be installed (Debian: apt-get install openssl)")
  }
}
