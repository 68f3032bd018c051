import PostgresValues

/// What the catalogs say of one column.
package struct ColumnFacts: Sendable, Codable {
  package let name: Identifier
  package let type: TypeFacts
  package let isNotNull: Bool
  package let hasDefault: Bool
  package let identity: Identity
  /// Computed by the server from other columns, so that nothing can be written to it.
  package let isGenerated: Bool
  /// `nil`: the type's own.
  package let collation: QualifiedName?
  package var canSelect = true
  package var canInsert = true
  package var canUpdate = true
  /// Sequences of its default that the session's user may not use, as SQL.
  package var lockedSequences: [String] = []
  /// Its default is the time of the transaction.
  package var isNowByDefault = false
  /// It names large objects, and a trigger unlinks those that an UPDATE replaces.
  package var isUnlinkedByUpdates = false
  /// It is NOT NULL NOT VALID: no NULL goes in, but a row that stands there may have one.
  package var hasUnprovenNotNull = false

  package enum Identity: String, Sendable, Codable {
    case none = ""
    case always = "a"
    case byDefault = "d"
  }
}

extension ColumnFacts {
  /// What a query returns.
  package init(returned name: Identifier, type: TypeFacts) {
    self.init(
      name: name, type: type, isNotNull: false, hasDefault: false, identity: .none, isGenerated: false, collation: nil)
  }
}
