import FoundationEssentials

extension Match {
  /// Both ways to compare the two ends, after a sync that is not measured.
  ///
  /// Throws: ``BenchError`` if one of them does not find what differs.
  func check(_ scenarios: [Scenario], _ ends: Ends) async throws -> [Run] {
    let direct = Ends(source: arena.source.direct, target: arena.target.direct)
    _ = try await process(.pgtide, direct).run()
    try await arena.checkLevel(after: .pgtide)
    var runs: [Run] = []
    for scenario in scenarios {
      let differing = scenario.editedRows(of: arena.rows)
      try await arena.edit(differing)
      try await arena.settle()
      for contender in scenario.contenders {
        let (figures, found) =
          contender == .pgtide ? try await pgtideCheck(ends, differing) : try await rowTexts(ends)
        guard found == differing else {
          throw BenchError("\(contender.title) found \(found) rows that differ, of \(differing)")
        }
        runs.append(Run(scenario: scenario, contender: contender, figures: figures))
      }
    }
    return runs
  }

  /// - Returns: what it cost, and how many rows it says differ.
  private func pgtideCheck(_ ends: Ends, _ differing: Int) async throws -> (Figures, Int) {
    struct Result: Decodable {
      struct Table: Decodable { var differ: Int }
      var tables: [Table]
    }
    var process = process()
    process.words = [programs.pgtide, "check", "--json", "--quiet", "--config", try configuration(.pgtide, ends)]
    let (figures, output) = try await measure(process, exitCode: differing == 0 ? 0 : 10)
    let result = try JSONDecoder().decode(Result.self, from: Data(output.utf8))
    return (figures, result.tables.reduce(0) { $0 + $1.differ })
  }

  private func rowTexts(_ ends: Ends) async throws -> (Figures, Int) {
    let work = "\(directory)/row-texts"
    try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
    let lines = arena.shapes.map { shape in
      [shape.table.target, shape.table.source, shape.table.key, shape.casts.joined(separator: ", ")]
        .joined(separator: "\t") + "\n"
    }
    try lines.joined().write(toFile: "\(work)/tables", atomically: true, encoding: .utf8)
    var process = process()
    process.words = ["\(programs.floor)/row-texts.sh", ends.source, ends.target, work]
    let (figures, output) = try await measure(process)
    return (figures, output.split(separator: "\n").count)
  }
}
