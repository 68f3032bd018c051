import Postgres

/// Whether all values of a table survive as text.
enum TextFormatCheck {
  /// Why the table's rows must travel in binary; `nil`: text carries all of them.
  ///
  /// Types without a binary form of their own cross as text in either format, so text can carry what binary can. The
  /// other way round there are two exceptions: a server older than 16 shows a `"char"` beyond ASCII as a byte that is no
  /// character of its encoding, which the other server refuses; and the text of a `money` is in the currency of the
  /// session that writes it, which the target's own code is to see as at home.
  static func obstacle(_ columns: [StagedColumn]) -> String? {
    func names(_ types: [String]) -> String? {
      let names = columns.filter { types.contains(TypeName.short($0.type.text)) }.map(\.name.name)
      return names.isEmpty ? nil : names.joined(separator: ", ")
    }
    if let names = names([#""char""#, #""char"[]"#]) {
      return "its rows travel in binary, because a \"char\" may hold what is no text: \(names)"
    }
    if let names = names(["money", "money[]"]) {
      return "its rows travel in binary, because the text of a money depends on the session: \(names)"
    }
    return nil
  }
}

extension TablePlanning {
  /// The format in which the rows travel: the table's own, else the run's, as far as it carries them.
  mutating func format(of columns: [StagedColumn]) -> RowFormat {
    let wish = table.copyFormat ?? configuration.settings.copyFormat
    guard wish == .text, let obstacle = TextFormatCheck.obstacle(columns) else { return wish }
    notices.append(obstacle)
    return .binary
  }
}
