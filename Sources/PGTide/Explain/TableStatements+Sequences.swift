import Postgres

/// What is sent to move the sequences of a table behind whose columns rows have gone in.
extension TableStatements {
  func addSequences(to list: inout StatementList) {
    for plan in table.sequences {
      let sql = SequenceSQL(plan, of: table)
      let written = plan.column.isSet ? "if any row was written" : "if any row was inserted"
      list.add(.target, "move the sequence past the column's numbers, by drawing", if: written, sql.draw)
      guard plan.sequence.isOwned else { continue }
      list.only("if more than \(SequenceSQL.mostDraws) numbers would have to be drawn") { list in
        list.add(.target, "keep others from drawing until the end of the transaction", sql.lock)
        list.add(.target, "set the sequence past the column's numbers", sql.jump)
      }
    }
  }
}
