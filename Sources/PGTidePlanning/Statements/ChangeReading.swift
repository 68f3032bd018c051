import PostgresValues

/// What of a source an entry of the configuration may read, for ``ChangeSQL/readings(_:)``.
package struct ChangeReading: Sendable {
  package let table: TableName
  /// What it reads; `nil` for a query.
  package let relation: QualifiedName?
  /// Names that its own SQL may mean.
  package let words: [String]

  package init(table: TableName, relation: QualifiedName?, words: [String]) {
    self.table = table
    self.relation = relation
    self.words = words
  }

  /// Every word of SQL as a name is known in the catalogs: as it is between double quotes, and in lower case.
  ///
  /// Words of texts and comments are among them: a name too many does no harm.
  package static func words(in texts: [String]) -> [String] {
    var words: Set<String> = []
    for text in texts {
      for part in text.split(separator: "\"") { words.insert(String(part)) }
      let names = text.lowercased().split { character in
        character.isASCII && !character.isLetter && !character.isNumber && character != "_" && character != "$"
      }
      words.formUnion(names.map(String.init))
    }
    return words.sorted()
  }
}

extension SyncConfiguration {
  /// What the tables read that name a column for changes.
  package var changeReadings: [ChangeReading] {
    tables.filter { $0.changedBy != nil }.map {
      ChangeReading(table: $0.target, relation: sourceName($0), words: ChangeReading.words(in: $0.sourceSQL))
    }
  }
}

extension TableConfiguration {
  /// The user's own SQL that runs on the source for every row.
  package var sourceSQL: [String] {
    var texts = [filter].compactMap(\.self)
    if case .query(let query) = source { texts.append(query) }
    for mapping in columns { if case .expression(let expression) = mapping.value { texts.append(expression) } }
    return texts
  }
}
