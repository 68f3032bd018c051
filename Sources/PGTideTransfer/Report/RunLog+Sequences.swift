import Logging
import Postgres

/// Sequences of the target.
extension RunLog {
  package func sequenceMoved(_ sequence: SequencePlan, of table: TablePlan) {
    tell(
      .info, .sequenceMoved, table: table.label, "its sequence \(sequence.sequence.name) was moved",
      fields(sequence))
  }

  package func sequenceNotMoved(_ sequence: SequencePlan, of table: TablePlan) {
    tell(
      .notice, .sequenceNotMoved, table: table.label, "its sequence \(sequence.sequence.name) could not be moved",
      fields(sequence))
  }

  private func fields(_ sequence: SequencePlan) -> Logger.Metadata {
    ["sequence": .string("\(sequence.sequence.name)"), "column": .string(sequence.column.name.name)]
  }
}
