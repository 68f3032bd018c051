import Logging

/// By way of the disk.
extension RunLog {
  package func chunkSpilled(_ chunk: Chunk, of table: TablePlan, _ spilled: SpilledChunk) {
    tell(
      .debug, .chunkSpilled, table: table.label, "chunk \(chunk.number) is on the disk",
      [
        "chunk": .count(chunk.number), "rows": .count(spilled.rows), "bytes": .count(spilled.bytes),
        "disk_bytes": .count(spilled.compressedBytes),
      ])
  }

  /// - Parameter direct: chunks for which there was no room.
  package func spilled(_ chunks: [SpilledChunk], direct: Int, in directory: SpillDirectory, took duration: Duration) {
    tell(
      direct == 0 ? .info : .notice, .spilled, "what is read from the disk is there: \(directory.path)",
      [
        "chunks": .count(chunks.count), "direct_chunks": .count(direct),
        "bytes": .count(chunks.map(\.bytes).reduce(0, +)),
        "disk_bytes": .count(chunks.map(\.compressedBytes).reduce(0, +)), "seconds": .seconds(duration),
      ])
  }
}
