import PostgresValues

/// Both ends are one database of one server, whatever names and poolers lead to it.
package struct OneDatabase: Sendable {
  /// Its name.
  package let name: String
  /// The target's tables that a query or a view of the source reads, by the entry that reads it.
  package let readBySource: Set<QualifiedName>

  package init(name: String, readBySource: Set<QualifiedName>) {
    self.name = name
    self.readBySource = readBySource
  }

  /// Whether a plan of this text, as EXPLAIN writes it, reads the table.
  package static func scans(_ table: QualifiedName, in plan: String) -> Bool {
    func json(_ name: Identifier) -> String {
      "\"\(name.name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
    let lines = plan.split(separator: "\n").map { line in
      String(line.drop { $0 == " " }.reversed().drop { $0 == "," || $0 == " " }.reversed())
    }
    let (relation, schema) = ("\"Relation Name\": \(json(table.name))", "\"Schema\": \(json(table.schema))")
    return zip(lines, lines.dropFirst()).contains { $0 == relation && $1 == schema }
  }

  /// The tables that would be brought level with themselves.
  package func problems(_ tables: [TablePlan]) -> [PlanProblem] {
    tables.filter { table in
      table.source.relation == table.target || table.source.partitions.contains(table.target)
        || readBySource.contains(table.target)
    }.map { table in
      PlanProblem(
        table: table.label,
        problem: "it would be brought level with itself: its rows come from the very table that they go to",
        advice: "Correct `source` or `target`, or name another table of the database under `from`")
    }
  }

  /// Said first where anything is wrong.
  package var suspicion: PlanProblem {
    PlanProblem(
      problem: "source and target are one database, \(name)",
      advice: "If that is not meant, correct `source` or `target`")
  }

  /// From one table into another one is nothing wrong.
  package var notice: String { "both ends are one database, \(name): tables are read and written in the same place" }
}
