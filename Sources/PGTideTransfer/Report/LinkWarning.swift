import Postgres

/// A server that is reached over a network, with settings that do not insist on encryption.
package struct LinkWarning: Sendable, Hashable {
  /// `source` or `target`.
  package let end: String
  package let link: ConnectionLink

  /// `nil` when there is nothing to warn of.
  package init?(end: String, link: ConnectionLink) {
    guard !link.isLocal, !link.demandsEncryption else { return nil }
    self.end = end
    self.link = link
  }

  /// Even where TLS came about, `prefer` lets somebody on the way talk both sides out of it.
  package var text: String {
    let now = link.isEncrypted ? "This time it is encrypted" : "It is not encrypted: rows can be read on the way"
    return "the \(end) \(link.host) is another machine, and sslmode=\(link.sslMode) does not insist on an encrypted "
      + "connection. \(now). Say sslmode=verify-full, or at least require, in its connection string"
  }
}
