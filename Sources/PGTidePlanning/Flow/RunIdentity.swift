/// Which run it is: its number in `pgtide.runs`, as text for statements.
struct RunIdentity: Sendable, Hashable {
  let id: String

  init(id: String) { self.id = id }
}
