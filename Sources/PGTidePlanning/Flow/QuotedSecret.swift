/// Keeps what looks like a connection string out of messages that quote the file: one that was indented wrongly, or
/// written where a key belongs, is read as a name.
package enum QuotedSecret {
  /// The message as it is; or, if it quotes such a text, without everything from its first quote to its last.
  package static func hide(in message: String) -> String {
    guard let start = message.firstIndex(of: "`"), let end = message.lastIndex(of: "`"), start < end else {
      return message
    }
    guard looksLikeConnection(message[start...end]) else { return message }
    return message[..<start] + "`…`" + message[message.index(after: end)...]
      + " (what stands there looks like a connection string, and is not shown)"
  }

  /// A URI, a `password=`, or `user:password@host`.
  package static func looksLikeConnection(_ text: some StringProtocol) -> Bool {
    let text = text.lowercased()
    if text.contains("://") { return true }
    if let word = text.firstRange(of: "pass"), text[word.upperBound...].contains("=") { return true }
    guard let colon = text.firstIndex(of: ":") else { return false }
    return text[colon...].contains("@")
  }
}
