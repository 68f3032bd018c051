import PostgresValues

/// A reference whose keys can be asked for.
package struct CachedReference: Sendable {
  package let name: Identifier
  package let parent: ParentKey
  /// Place of the referring column among the stage's.
  package let field: Int

  /// Of one column, of a type whose values have one form in bytes. Of all others the comparison alone decides.
  init?(_ reference: ReferencePlan, among staged: [Identifier]) {
    guard reference.isChecked, reference.columns.count == 1, let column = reference.columns[0].staged,
      let type = KeyType(rawValue: column.type.text), reference.columns[0].type.text.hasPrefix(column.type.text),
      let field = staged.firstIndex(of: column.name)
    else { return nil }
    name = reference.name
    self.field = field
    parent = ParentKey(
      table: reference.parent, column: reference.parentColumns[0], equality: reference.equality[0], type: type)
  }
}
