import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Random multisets of rows against a model of what must stand on the target.
  @Suite struct PairingModelTests {
    enum Way: String, CaseIterable {
      case match, whole, keyless

      var pairing: PairingRule {
        switch self {
        case .match: .generated(match: ["a", "b"])
        case .whole: .generated(match: [])
        case .keyless: .keyless
        }
      }
    }

    /// What a row looks like. Few values, so that copies are common.
    private struct Look: Hashable {
      var a: Int?
      var b: String?
      var c: String?

      init(_ generator: inout SeededGenerator) {
        a = [nil, 1, 2].randomElement(using: &generator)!
        b = [nil, "", "x"].randomElement(using: &generator)!
        c = [nil, "1", "2", "3"].randomElement(using: &generator)!
      }

      init(_ row: ArraySlice<String>) {
        func value(_ text: String) -> String? { text == "NULL" ? nil : text }
        let fields = Array(row)
        a = value(fields[0]).flatMap { Int($0) }
        (b, c) = (value(fields[1]), value(fields[2]))
      }

      var sql: String {
        func literal(_ text: String?) -> String { text.map { "'\($0)'" } ?? "NULL" }
        return "\(a.map { "\($0)" } ?? "NULL"), \(literal(b)), \(literal(c))"
      }

      func name(_ way: Way) -> Look {
        var name = self
        if way == .match { name.c = nil }
        return name
      }
    }

    /// A row of the target: what tells it from all others for ever, and its version.
    private struct Standing: Hashable {
      let key: String
      let look: Look
      let version: String
      let isOurs: Bool
    }

    private func standing(_ scenario: Scenario, _ way: Way) async throws -> [Standing] {
      let key = way == .keyless ? "ctid" : "id"
      return try await scenario.target.rows("SELECT \(key), xmin, source, a, b, c FROM t ORDER BY 1").map {
        Standing(key: $0[0], look: Look($0[3...]), version: $0[1], isOurs: $0[2] == "D")
      }
    }

    private func counts<Element: Hashable>(_ elements: [Element]) -> [Element: Int] {
      Dictionary(elements.map { ($0, 1) }, uniquingKeysWith: +)
    }

    /// How many of these are in both.
    private func common<Element: Hashable>(_ left: [Element], _ right: [Element]) -> Int {
      let right = counts(right)
      return counts(left).map { min($1, right[$0] ?? 0) }.reduce(0, +)
    }

    @Test(arguments: Way.allCases)
    func `what stands is what the source has, and no row is written in vain`(way: Way) async throws {
      let seed: UInt64 = 1
      let id = way == .keyless ? "" : "id serial PRIMARY KEY, "
      try await withScenario(
        source: "CREATE TABLE t (a int, b text, c text)",
        target: "CREATE TABLE t (\(id)a int, b text, c text, source char(1))"
      ) { scenario async throws in
        var generator = SeededGenerator(seed: seed)
        var configuration = scenario.configuration([
          TableConfiguration(target: TableName(name: "t"), pairing: way.pairing)
        ])
        (configuration.deletes, configuration.maxDelete, configuration.maxDrop) = (
          .remove, .percent(100), .percent(100)
        )
        for round in 1...5 {
          var source: [Look] = []
          for _ in 0..<Int.random(in: 1...14, using: &generator) { source.append(Look(&generator)) }
          try await scenario.source.run(
            "TRUNCATE t; INSERT INTO t VALUES (\(source.map(\.sql).joined(separator: "), (")))")
          // The app adds a row, claims one of ours, and somebody adds one of ours.
          let marker = ["M", "D"].randomElement(using: &generator)!
          try await scenario.target.run(
            """
            INSERT INTO t (a, b, c, source) VALUES (\(Look(&generator).sql), '\(marker)');
            UPDATE t SET source = 'M' WHERE ctid = (SELECT min(ctid) FROM t WHERE source = 'D') AND \(Bool.random(using: &generator));
            """)
          configuration.settings.digest = Bool.random(using: &generator) ? .auto : .never
          let before = try await standing(scenario, way)
          let report = try await scenario.sync(
            configuration, options: Sync.Options(isAtomic: Bool.random(using: &generator)))
          let after = try await standing(scenario, way)
          let told: Comment = "\(way), seed \(seed), round \(round)"

          #expect(report.outcome == .success, told)
          #expect(Set(before.filter { !$0.isOurs }) == Set(after.filter { !$0.isOurs }), told)
          let (old, new) = (before.filter(\.isOurs), after.filter(\.isOurs))
          #expect(counts(new.map(\.look)) == counts(source), told)
          // Rows that look the same on both ends are left alone, and as many as can be keep their key.
          let alone = common(old.map(\.look), source)
          let kept = common(old.map { $0.look.name(way) }, source.map { $0.name(way) })
          #expect(Set(old).intersection(new).count == alone, told)
          if way != .keyless {
            #expect(Set(old.map(\.key)).intersection(new.map(\.key)).count == kept, told)
          }
          #expect(report.totals.unchanged == alone, told)
          #expect(report.totals.updated == kept - alone, told)
          #expect(report.totals.inserted == source.count - kept, told)
          #expect(report.totals.deleted == old.count - kept, told)
        }
        let last = try await standing(scenario, way)
        try await scenario.sync(configuration)
        #expect(try await standing(scenario, way) == last)
      }
    }
  }
}
