import EphemeralPostgres
import PracticeData
import Testing

extension Integration {
  @Suite struct PracticeDataTests {
    @Test func `the practice data has 92,387 rows in 15 tables`() async throws {
      try await withPracticeDatabases { source, target, dirt async throws in
        #expect(dirt.isEmpty)
        #expect(PracticeData.tables.count == 15)
        #expect(PracticeData.totalRows() == 92_387)
        for table in PracticeData.tables {
          #expect(try await source.value("SELECT count(*) FROM \(table.source)") == String(table.rows))
          #expect(try await target.value("SELECT count(*) FROM \(table.target)") == "0")
        }
      }
    }

    @Test func `the configuration names every table of the target`() {
      for table in PracticeData.tables {
        #expect(PracticeData.configuration.contains("\n  \(table.target):\n"))
      }
      let text = PracticeData.configuration(source: "host='a b'", target: "host=c")
      #expect(text.contains("source: 'host=''a b'''\ntarget: 'host=c'\n"))
    }

    @Test func `dirt is as much as it tells`() async throws {
      let dirt = Dirt(
        orphans: 40, duplicateKeys: 30, nullKeys: 7, nullRequired: 9, overlongValues: 21, appRows: 12, claimedRows: 16)
      try await withPracticeDatabases(dirt: dirt) { source, target, made in
        func told(_ kind: Dirt.Kind) -> Int { made.filter { $0.kind == kind }.reduce(0) { $0 + $1.rows } }
        func found(_ queries: String..., on database: TestDatabase) async throws -> Int {
          var sum = 0
          for query in queries { sum += Int(try await database.value(query)) ?? 0 }
          return sum
        }

        #expect(told(.orphans) == 40)
        let orphans = try await found(
          "SELECT count(*) FROM jobtasks WHERE job_id NOT IN (SELECT job_id FROM jobshead)",
          "SELECT count(*) FROM workdiary WHERE staff_id NOT IN (SELECT staff_id FROM mbstaff)", on: source)
        #expect(orphans == 40)

        #expect(told(.duplicateKeys) == 30)
        let duplicates = try await found(
          "SELECT count(jt_id) - count(DISTINCT jt_id) FROM jobtasks",
          "SELECT count(tc_id) - count(DISTINCT tc_id) FROM taskchecklist", on: source)
        #expect(duplicates == 30)
        let exact = try await found(
          "SELECT count(*) - count(DISTINCT t::text) FROM jobtasks t WHERE jt_id IS NOT NULL",
          "SELECT count(*) - count(DISTINCT t::text) FROM taskchecklist t", on: source)
        #expect(exact == 16)

        #expect(told(.nullKeys) == 7)
        #expect(try await found("SELECT count(*) FROM jobtasks WHERE jt_id IS NULL", on: source) == 7)

        #expect(told(.nullRequired) == 9)
        #expect(try await found("SELECT count(*) FROM jobtasks WHERE task_id IS NULL", on: source) == 9)

        #expect(told(.overlongValues) == 21)
        let overlong = try await found(
          "SELECT count(*) FROM jobtasks WHERE length(task_desc) > 40",
          "SELECT count(*) FROM workdiary WHERE length(tasknotes) > 50", on: source)
        #expect(overlong == 21)

        #expect(told(.appRows) == 12)
        #expect(told(.claimedRows) == 16)
        let mobile = "SELECT count(*) FROM"
        let written = try await found(
          "\(mobile) taskchecklist WHERE source = 'M'", "\(mobile) workdiary WHERE source = 'M'",
          "\(mobile) reminder WHERE source = 'M'", on: target)
        #expect(written == 28)
      }
    }

    @Test func `an edit changes exactly 50 rows`() async throws {
      try await withPracticeDatabases { source, _, _ in
        for table in PracticeData.tables {
          try await source.run("CREATE TABLE before_\(table.source) AS TABLE \(table.source)")
        }
        let told = try await PracticeData.edit(source: source, rows: 50)
        var found: [String: Int] = [:]
        for table in PracticeData.tables {
          let changed = try await source.value(
            "SELECT count(*) FROM (TABLE \(table.source) EXCEPT TABLE before_\(table.source)) AS changed")
          if changed != "0" { found[table.source] = Int(changed) }
        }
        #expect(found == told)
        #expect(told.values.reduce(0, +) == 50)
        #expect(told.count == 6)
      }
    }

    @Test func `edits are told to the row, however few or many`() async throws {
      try await withPracticeDatabases { source, _, _ in
        for rows in [1, 3, 6, 1000, 60_000] {
          let told = try await PracticeData.edit(source: source, rows: rows)
          #expect(told.values.reduce(0, +) == rows)
        }
        await #expect(throws: ClusterError.self) { try await PracticeData.edit(source: source, rows: 200_000) }
      }
    }
  }
}
