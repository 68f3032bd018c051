import Postgres

/// One thing that a worker can do. Groups are named by their place in the plan.
enum Work: Sendable {
  /// Bring a chunk to its stage.
  case copy(Chunk)
  /// Copy the rows of empty tables straight from the source: of one table, or of several small ones. The transaction stays
  /// open.
  case load([Int])
  /// Analyze a loaded table, whose transaction is open, while what it refers to has not landed.
  case analyze([Int])
  /// Prove the foreign keys of what was loaded, and commit.
  case prove([Int])
  /// Roll back what was loaded, because a table to which it refers did not land.
  case rollBack([Int])
  /// Find out what differs. Where nothing does, it may land at once if all that it refers to has.
  case compare(Int, mayLand: Bool)
  /// Write what differs.
  case merge(Int)
  /// Empty the stages, and analyze what changed.
  case cleanUp([Int])
}
