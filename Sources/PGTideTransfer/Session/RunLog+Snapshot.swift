import Logging

/// The source's snapshot.
extension RunLog {
  package func snapshotTaken(_ snapshot: SourceSnapshot, tables: Int) {
    tell(
      .info, .snapshotTaken, "the source's tables are locked against DDL, and its snapshot is taken",
      ["snapshot": .string(snapshot.id), "tables": .count(tables)])
  }
}
