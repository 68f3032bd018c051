import EphemeralPostgres
import PGTide
import Postgres
import Synchronization
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

    /// What must become of the rows of a source.
    private struct Model {
      /// Rows of ours that look as one of the source's.
      let alone: Int
      /// Rows of ours that have a partner.
      private(set) var kept = 0
      /// Rows of the source that have a protected one for their partner.
      private(set) var absorbed = 0
      /// Of these, those that look otherwise.
      private(set) var differing = 0

      init(source: [Look], ours: [Look], protected: [Look], name: (Look) -> Look) {
        alone = Self.common(source, ours)
        for (match, rows) in Dictionary(grouping: source, by: name) {
          let (ours, protected) = (ours.filter { name($0) == match }, protected.filter { name($0) == match })
          let partners = min(rows.count, ours.count)
          kept += partners
          let absorbed = min(rows.count - partners, protected.count)
          self.absorbed += absorbed
          let rest = Self.difference(rows, ours)
          let twins = Self.common(rest, protected)
          let left = ours.count - Self.common(rows, ours)
          differing += max(0, min(rest.count - twins - left, protected.count - twins))
        }
      }

      static func counts(_ looks: [Look]) -> [Look: Int] { Dictionary(looks.map { ($0, 1) }, uniquingKeysWith: +) }

      /// How many of these are in both.
      static func common(_ left: [Look], _ right: [Look]) -> Int { left.count - difference(left, right).count }

      static func difference(_ left: [Look], _ right: [Look]) -> [Look] {
        var rest = counts(right)
        return left.filter { look in
          rest[look, default: 0] -= 1
          return rest[look]! < 0
        }
      }
    }

    /// A sync that is cancelled at this event.
    private func stop(_ configuration: SyncConfiguration, at event: Int) async throws {
      let run = TaskSlot<SyncReport>()
      let left = Mutex(event)
      let sync = Sync(configuration) { _ in
        if left.withLock({ count in
          count -= 1
          return count == 0
        }) {
          run.cancel()
        }
      }
      run.start { try await sync.run() }
      do { _ = try await run.value } catch is CancellationError {}
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
          // What a run that was stopped on its way has left is made good by the next one.
          if Bool.random(using: &generator) {
            let protected = Set(try await standing(scenario, way).filter { !$0.isOurs })
            try await stop(configuration, at: Int.random(in: 1...8, using: &generator))
            #expect(
              Set(try await standing(scenario, way).filter { !$0.isOurs }) == protected,
              "\(way), seed \(seed), round \(round)")
          }
          let before = try await standing(scenario, way)
          let report = try await scenario.sync(
            configuration, options: Sync.Options(isAtomic: Bool.random(using: &generator)))
          let after = try await standing(scenario, way)
          let told: Comment = "\(way), seed \(seed), round \(round)"

          #expect(report.outcome == .success, told)
          #expect(Set(before.filter { !$0.isOurs }) == Set(after.filter { !$0.isOurs }), told)
          let (old, new) = (before.filter(\.isOurs), after.filter(\.isOurs))
          let model = Model(
            source: source, ours: old.map(\.look), protected: before.filter { !$0.isOurs }.map(\.look)
          ) { $0.name(way) }
          // Rows that look the same on both ends are left alone, and as many as can be keep their key.
          #expect(Set(old).intersection(new).count == model.alone, told)
          if way != .keyless {
            #expect(Set(old.map(\.key)).intersection(new.map(\.key)).count == model.kept, told)
          }
          // The others have a protected row for their partner, one that looks the same if there is any.
          let absent = Model.difference(source, new.map(\.look))
          #expect(new.count == source.count - model.absorbed, told)
          #expect(absent.count == model.absorbed, told)
          let level = Model.common(absent, before.filter { !$0.isOurs }.map(\.look))
          #expect(level >= model.absorbed - model.differing, told)
          #expect(report.totals.protected == model.absorbed, told)
          let listed = try await scenario.target.value("SELECT count(*) FROM pgtide.protected WHERE reason = 'differs'")
          #expect(listed == "\(model.differing)", told)
          #expect(report.totals.unchanged == model.alone, told)
          #expect(report.totals.updated == model.kept - model.alone, told)
          #expect(report.totals.inserted == source.count - model.kept - model.absorbed, told)
          #expect(report.totals.deleted == old.count - model.kept, told)
        }
        let last = try await standing(scenario, way)
        try await scenario.sync(configuration)
        #expect(try await standing(scenario, way) == last)
      }
    }
  }
}
