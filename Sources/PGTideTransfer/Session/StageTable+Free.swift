import Postgres

extension StageTable {
  /// Gives the room of tables back, also in a cancelled task. What this does not reach, the next run empties before it
  /// starts.
  ///
  /// TRUNCATE makes new files before it drops the old ones, for which a full disk has no room: then they are dropped, and
  /// a later run makes them again.
  package static func free(_ tables: [QualifiedName], on connection: Connection) async {
    for tables in tables.parts(of: mostTogether) {
      guard let truncate = truncate(tables), (try? await connection.cleanUp(truncate)) == nil else { continue }
      let list = tables.map { "\($0)" as SQL }.joined(separator: ", ")
      _ = try? await connection.cleanUp("DROP TABLE IF EXISTS \(list)")
    }
  }
}
