/// How a case failed, and in which round.
struct PropertyFailure: Error, Sendable {
  var kind: Kind
  var round: Int
  var lines: [String]
  /// What both ends held before the sync that went wrong.
  var source: DatabaseState?
  var target: DatabaseState?

  enum Kind: String, Sendable {
    case wrongRehearsal = "the dry run counts other rows than the model"
    case rehearsalWrote = "the dry run changed a table"
    case wrongCounts = "the sync counts other rows than the model"
    case wrongRejects = "other rejects are kept than the model says"
    case unjustifiedRefusal = "a row was refused without a reason"
    case wrongRows = "the target holds other rows than the model says"
    case wrongSequences = "a sequence is not where it should be"
    case wrongKeptRows = "other rows are kept or listed than were deleted or had to stay"
    case stopWrote = "a stopped run wrote what it should not"
    case repeatWrote = "a second sync right after the first has something to do"
    case syncFailed = "the sync failed"
    case caseBroken = "the case could not be set up"
  }
}

extension PropertyFailure {
  /// Everything that is needed to see what happened: the schema, the configuration, the edits, and the rows before the
  /// sync that went wrong.
  func description(
    of property: PropertyCase, shrunkFrom original: PropertyCase, on pair: ServerPair, number: Int, shrinks: Int
  ) -> String {
    let prefix = ServerPair.configured == pair ? pair.environment + " " : ""
    var lines = [
      "case \(original.seed.hex), the run's number \(number), \(pair): \(kind.rawValue) (round \(round + 1))",
      "run it alone: \(prefix)scripts/property --case \(original.seed.hex)",
      "",
    ]
    lines += self.lines.prefix(40).map { "  \($0)" }
    lines += ["", "smallest variant found in \(shrinks) tries:", "", "-- source"]
    lines += property.schema.sourceDDL.map { "\($0);" }
    lines += ["", "-- target"] + property.schema.targetDDL.map { "\($0);" }
    lines += property.schema.targetDDLAfterRows.map { "\($0);  -- after the first rows" }
    lines += ["", "# configuration", property.schema.yaml(source: "source", target: "target")]
    for (number, round) in property.rounds.prefix(self.round + 1).enumerated() {
      lines.append("-- round \(number + 1): \(round.settings)")
      let edits = round.edits.filter { property.schema.liveTables.contains($0.table) }
      lines += edits.map { "\($0.end == .source ? "source" : "target"): \($0.sql(property.schema))" }
    }
    for (name, state) in [("source", source), ("target", target)] {
      guard let state else { continue }
      for table in property.schema.liveTables {
        lines.append(
          "-- rows on the \(name) before the sync of round \(round + 1): \(property.schema.tables[table].name)")
        lines += state.tables[table].rows.prefix(60).map { "  \($0.shown)" }
      }
    }
    return lines.joined(separator: "\n")
  }
}
