import PostgresValues

/// What to do when no connection can be made, by what libpq or the server said. Both speak English here: nobody sets
/// the process's locale, and libpq has the server's refusals from before a session's settings apply.
package enum ConnectionAdvice {
  package static func advice(for message: String) -> String? {
    if message.contains(#/database ".*" does not exist/#) {
      return "Correct the database's name (`dbname`, or what follows the last / of a URI), or create it."
    }
    if message.contains(#/role ".*" does not exist/#) { return "Correct the user's name, or create the role." }
    return rules.first { message.contains($0.text) }?.advice
  }

  private static let full =
    "The server, the database, the role or the pooler takes no more connections. A run needs 2 to each end at least: close "
    + "others, or raise the limit."

  private static let rules: [(text: String, advice: String)] = [
    (
      "does not match host name",
      "Connect by a name that stands in the server's certificate, or have one issued for this name."
    ),
    (
      "certificate verify failed",
      "The server's certificate is not signed by what `sslrootcert` (or ~/.postgresql/root.crt) holds; give the "
        + "certificate of the authority that signed it, and make sure that this is the server that you mean."
    ),
    (
      "root certificate file",
      "Verifying needs the authority's certificate: `sslrootcert=FILE` in the connection string, or ~/.postgresql/root.crt."
    ),
    (
      "does not support SSL",
      "Turn TLS on at the server (`ssl = on`), or connect by a socket; a lower `sslmode` sends rows and logins unprotected."
    ),
    (
      "no encryption",
      "The server's pg_hba.conf does not let this user in without TLS; say `sslmode=require` or better."
    ),
    (
      "password authentication failed",
      "Check user and password. A password comes from the connection string, PGPASSWORD, a password file or a service file."
    ),
    (
      "pg_hba.conf entry",
      "The server's pg_hba.conf does not let this user into this database from here; add a line for it."
    ),
    ("no password supplied", "Give a password by PGPASSWORD, a password file or the connection string."),
    ("could not translate host name", "Check the host's name, and that this machine can look it up."),
    ("Connection refused", "Check host and port, that the server is running, and that it listens there."),
    (
      "No such file or directory",
      "No server listens on this socket: check directory (`host`) and port, and that the server is running."
    ),
    ("too many clients", full), ("too many connections", full), ("connection slots are reserved", full),
    ("no more connections allowed", full), ("max clients reached", full), ("MaxClients", full),
    ("timeout expired", "Check host, port and firewalls, or give it longer by `connect_timeout`."),
  ]
}
