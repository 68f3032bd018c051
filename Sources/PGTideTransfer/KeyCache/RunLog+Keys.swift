import Logging
import Postgres

/// What the key cache does.
extension RunLog {
  package func keysNotAsked(_ parents: [QualifiedName], _ error: any Error) {
    tell(
      .warning, .keysNotAsked,
      "the target could not be asked which keys it has, so rows that refer to them cross whole",
      LoggedError.fields(error).adding(["parents": .array(parents.map { .string("\($0)") })]))
  }

  package func rowsHeldBack(_ table: TablePlan, rows: Int) {
    tell(
      .info, .rowsHeldBack, table: table.label, "rows without a parent crossed in their short form",
      ["rows": .count(rows)])
  }

  package func heldRowsSent(_ table: TablePlan, rows: Int) {
    tell(
      .info, .heldRowsSent, table: table.label, "rows that had been held back were sent whole", ["rows": .count(rows)])
  }
}
