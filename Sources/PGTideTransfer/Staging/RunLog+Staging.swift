import Logging

/// From the source to the stages.
extension RunLog {
  package func chunkStarted(_ chunk: Chunk, of table: TablePlan) {
    tell(.debug, .chunkStarted, table: table.label, "chunk \(chunk.number) begins", ["chunk": .count(chunk.number)])
  }

  package func chunkFinished(_ chunk: Chunk, of table: TablePlan, _ outcome: ChunkCopy.Outcome, took duration: Duration)
  {
    tell(
      .debug, .chunkFinished, table: table.label, "chunk \(chunk.number) is staged",
      [
        "chunk": .count(chunk.number), "rows": .count(outcome.staged), "bytes": .count(outcome.bytes),
        "seconds": .seconds(duration),
      ])
  }

  package func chunkFailed(_ chunk: Chunk, of table: TablePlan, _ error: any Error) {
    tell(
      .error, .chunkFailed, table: table.label, "chunk \(chunk.number) could not be staged",
      LoggedError.fields(error).adding(["chunk": .count(chunk.number)]))
  }

  package func tableStaged(_ table: TablePlan, _ extracted: ExtractedTable) {
    tell(
      .info, .tableStaged, table: table.label, "all rows are in the stage",
      [
        "rows": .count(extracted.counts.staged), "bytes": .count(extracted.bytes), "chunks": .count(extracted.chunks),
        "seconds": .stringConvertible(extracted.seconds),
      ])
  }
}
