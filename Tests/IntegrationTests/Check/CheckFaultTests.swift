import EphemeralPostgres
import FoundationEssentials
import PGTide
import Testing

extension Integration {
  /// Whatever makes two rows different is found, with digests and without; and nothing else.
  @Suite struct CheckFaultTests {
    @Test(arguments: CheckFault.all)
    func `a fault is found`(_ fault: CheckFault) async throws {
      try await withScenario(source: CheckFault.source, target: CheckFault.target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        for sql in [fault.onSource].compactMap(\.self) { try await scenario.source.run(sql) }
        for sql in [fault.onTarget].compactMap(\.self) { try await scenario.target.run(sql) }
        for configuration in [scenario.configuration("t"), scenario.configuration("t").staged] {
          let report = try await scenario.check(configuration)
          let table = report.tables[0]
          #expect(table.differ == fault.differ)
          #expect(table.sourceOnly == fault.sourceOnly)
          #expect(table.targetOnly == fault.targetOnly)
          #expect(table.rejected == fault.rejected)
          #expect(table.changing == 0)
          #expect(table.level == 2000 - max(fault.differ + fault.sourceOnly, fault.targetOnly) - fault.rejected / 2)
          let isDifferent = fault.differ + fault.sourceOnly + fault.targetOnly > 0
          #expect(report.outcome == (isDifferent ? .different : .rejects))
          let differing = table.lines.filter { $0.kind == .differs }
          #expect(differing.count == fault.differ)
          #expect(differing.allSatisfy { Set($0.columns) == fault.columns })
        }
      }
    }

    @Test(arguments: CheckFault.none)
    func `what is no fault is level`(_ fault: CheckFault) async throws {
      try await withScenario(source: CheckFault.source, target: CheckFault.target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        for sql in [fault.onTarget].compactMap(\.self) { try await scenario.target.run(sql) }
        for configuration in [scenario.configuration("t"), scenario.configuration("t").staged] {
          let report = try await scenario.check(configuration)
          #expect(report.outcome == .level)
          #expect(report.tables[0].level == 2000)
          #expect(report.tables[0].lines == [])
        }
      }
    }

    @Test(.needs(.extensions(["citext"])))
    func `a citext in other capitals is found`() async throws {
      let columns = "CREATE EXTENSION citext; CREATE TABLE t (id int PRIMARY KEY, v citext"
      try await withScenario(
        source: columns + "); INSERT INTO t VALUES (1, 'abc'), (2, 'abc')", target: columns + ", source text)"
      ) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        try await scenario.target.run("UPDATE t SET v = 'ABC' WHERE id = 2")
        #expect(try await scenario.check("t").texts == ["* 2 v"])
      }
    }

    @Test func `the documentation names every fault, and what is none`() throws {
      let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
      let page = try String(contentsOf: root.appending(path: "docs/reference/check.md"), encoding: .utf8)
      for fault in CheckFault.all { #expect(page.contains("| \(fault.name) | yes |"), "\(fault.name)") }
      for fault in CheckFault.none { #expect(page.contains("| \(fault.name) | no fault |"), "\(fault.name)") }
    }
  }
}
