/// Which run it is: its number in `pgtide.runs`, as text for statements.
package struct RunIdentity: Sendable, Hashable {
  package let id: String

  package init(id: String) { self.id = id }
}
