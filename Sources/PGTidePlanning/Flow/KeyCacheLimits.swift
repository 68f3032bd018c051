/// What the key cache may take, and when it begins.
package struct KeyCacheLimits: Sendable, Equatable {
  /// Bytes of a table's rows without a parent that cross whole all the same, so that the user has whole rows to look at.
  /// A table with fewer bytes is not looked at.
  package var wholeBytes = 1 << 20
  /// Bytes of rows that wait in a worker until their keys are asked for in one statement.
  package var waitingBytes = 512 << 10
  /// Keys of all parents that are remembered; a key beyond is not asked for. Each takes 16 bytes or less.
  package var keys = 1 << 19
  /// Keys of one parent after which it is known whether asking for more is worth it.
  package var trialKeys = 2048
  /// Bytes of held-back rows in memory, and then on the disk. A row beyond crosses whole.
  package var heldInMemory = 4 << 20
  package var heldOnDisk = 1 << 30

  package init() {}
}
