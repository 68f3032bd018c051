import PostgresValues

/// A column that says when a row came to be, or was last changed.
package struct StampColumn: Sendable, Equatable {
  package let name: Identifier
  package let kind: Kind

  package enum Kind: String, Sendable, CaseIterable {
    case created
    case updated
  }

  /// The columns of a table that look like stamps, or that the configuration calls so.
  package static func all(of columns: [ColumnFacts], configured: StampRule = StampRule()) -> [StampColumn] {
    columns.compactMap { column in
      let known: Kind? =
        column.name == configured.created?.identifier
        ? .created : column.name == configured.updated?.identifier ? .updated : nil
      return (known ?? kind(of: column)).map { StampColumn(name: column.name, kind: $0) }
    }
  }

  private static let times: Set<UInt32> = [BuiltinType.date, BuiltinType.timestamp, BuiltinType.timestamptz]

  private static func kind(of column: ColumnFacts) -> Kind? {
    guard times.contains(column.type.baseOID) else { return nil }
    return Kind.allCases.first { $0.isIn(column.name.name) }
  }
}

extension StampColumn.Kind {
  /// What such names have in them: `created_at`, `dateCreated`, `LASTMODIFIED`.
  private var stems: [String] {
    switch self {
    case .created: ["creat", "insert"]
    case .updated: ["updat", "modif"]
    }
  }

  /// What a word in them begins with. Elsewhere it means something else: `credit_date`, `exchanged_on`.
  private var beginnings: [String] {
    switch self {
    case .created: ["added", "entered"]
    case .updated: ["chang", "edit", "touch"]
    }
  }

  fileprivate func isIn(_ name: String) -> Bool {
    if stems.contains(where: name.lowercased().contains) { return true }
    return Self.words(name).contains { word in beginnings.contains { word.hasPrefix($0) } }
  }

  /// `lastChanged_on` is `last`, `changed` and `on`; `lastchange` is `change`.
  private static func words(_ name: String) -> [String] {
    var words = [""]
    var wasSmall = false
    for letter in name {
      if !letter.isLetter || letter.isUppercase && wasSmall { words.append("") }
      if letter.isLetter { words[words.count - 1] += letter.lowercased() }
      wasSmall = letter.isLowercase
    }
    return words.map { word in
      for prefix in ["last", "date"] where word.hasPrefix(prefix) && word.count > prefix.count {
        return String(word.dropFirst(prefix.count))
      }
      return word
    }
  }
}
