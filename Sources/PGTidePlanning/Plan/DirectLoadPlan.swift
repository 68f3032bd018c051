import PostgresValues

/// How a table that is found empty takes its rows: straight from the source's COPY, without a stage and a delta.
package struct DirectLoadPlan: Sendable {
  /// Why its rows go through the stage; `nil`: directly, if the table is empty when the run begins.
  package var reasonForStage: String?
  /// The planner takes the table for empty, so that it is worth a look.
  package let seemsEmpty: Bool
  /// So small that it shares a transaction with others.
  package var isSmall = false
  /// Every value survives as text.
  package var crossesAsText = false
  /// Columns for times, which are sent the time of the load's transaction.
  package let stamps: [Stamp]
  /// Those whose default is that time, so that nothing need be sent.
  package var defaultStamps: [Identifier] = []
  /// Those that enforce nothing; empty where all are kept.
  package var indexes: [SecondaryIndex] = []
  package let blockSize: Int

  package struct Stamp: Sendable {
    package let name: Identifier
    /// With its length, as SQL.
    package let type: SQL
  }

  /// One line for the plan.
  package func summary(isAlone: Bool) -> String {
    if let reason = reasonForStage ?? (isAlone ? nil : "it merges together with others") {
      return "through the stage: \(reason)"
    }
    guard seemsEmpty else { return "through the stage: it is not empty" }
    return "directly, if it is empty" + (isSmall ? ", together with other small tables" : indexSummary)
  }

  package var rebuildsIndexes: Bool { !isSmall && indexes.contains { $0.obstacle == nil } }

  /// Which indexes are built behind the rows, and which are not.
  private var indexSummary: String {
    let rebuilt = indexes.filter { $0.obstacle == nil }.map { "\($0.name.name)" }
    let kept = indexes.compactMap { index in index.obstacle.map { "; keeps \(index.name.name), because \($0)" } }
    return (rebuilt.isEmpty ? "" : "; builds \(rebuilt.joined(separator: ", ")) behind the rows") + kept.joined()
  }
}

extension TablePlan {
  /// The columns that a direct load writes, with what the source sends for each: what the stage would get, the marker,
  /// and the stamps, whose values `times` are.
  package func directColumns(at times: [String]) -> [StagedColumn] {
    let marker = origin.map {
      StagedColumn(name: $0.column, select: "\(literal: $0.ours)::\($0.type)", type: $0.type, collation: nil)
    }
    let stamps = zip(direct.stamps, times).map { stamp, time in
      StagedColumn(name: stamp.name, select: "\(literal: time)::\(stamp.type)", type: stamp.type, collation: nil)
    }
    return directlyStagedColumns + [marker].compactMap(\.self) + stamps
  }

  /// What the stage would get. A row for which a lookup fails gets no key, which the target refuses: the load is given up,
  /// and the row is rejected on its way through the stage.
  package var directlyStagedColumns: [StagedColumn] {
    var staged = stagedColumns
    guard let failure = source.lookups.failure,
      let place = staged.firstIndex(where: { $0.name == key.columns[0].name })
    else { return staged }
    staged[place].select = "CASE WHEN \(failure) IS NULL THEN \(staged[place].select) END"
    return staged
  }

  /// Its rows travel as arrays, and not by COPY.
  package var isSentAsArrays: Bool { direct.isSmall && direct.crossesAsText }

  /// One COPY for each heap: what is cut into chunks is what can be tried again alone, and here all is or nothing.
  package func directChunks(at times: [String]) -> [Chunk] { directChunks(of: directColumns(at: times)) }

  package func directChunks(of columns: [StagedColumn]) -> [Chunk] {
    Chunker(chunkBytes: .max, chunkRows: nil, blockSize: direct.blockSize)
      .chunks(of: source, columns: columns, format: format, table: target)
      .map { chunk in
        Chunk(
          table: target, number: chunk.number, query: chunk.query, format: chunk.format, bytes: chunk.bytes,
          isCutOnTheWay: false, pins: chunk.pins)
      }
  }
}
