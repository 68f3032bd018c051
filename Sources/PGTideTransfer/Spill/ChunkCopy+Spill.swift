import Postgres

extension ChunkCopy {
  /// The same from the disk, where the chunk may lie in several files.
  package func run(from spilled: SpilledChunk, in directory: SpillDirectory, to target: Connection) async throws
    -> Outcome
  {
    var complete = try await carryAsOne(to: target) {
      var sum = Outcome()
      for file in spilled.files {
        let part = try await file.explainingDamage(in: directory) {
          try await carry(try SpillReader(file, in: directory.path), to: target)
        }
        sum.staged += part.staged
        sum.seen += part.seen
        sum.bytes += part.bytes
        sum.parts += part.parts
      }
      return sum
    }
    complete.read = spilled.rows
    try check(complete)
    return complete
  }
}
