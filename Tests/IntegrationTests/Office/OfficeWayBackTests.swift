import EphemeralPostgres
import PGTide
import PracticeData
import Testing

extension Integration {
  /// What the app has written goes to the office's desktop, once.
  @Suite struct OfficeWayBackTests {
    /// The rows at the desktop of the office's own hand, with all that a write would change.
    private func officeRows(_ office: OfficeScenario) async throws -> [[String]] {
      var rows: [[String]] = []
      for table in OfficeData.tables {
        rows += try await office.source.rows(
          "SELECT '\(table.source)', xmin, ctid, t::text FROM \(table.source) t WHERE source IS NULL ORDER BY ctid")
      }
      return rows
    }

    @Test func `the app's rows arrive, cut to fit and with the row's date, and the office's stay as they are`()
      async throws
    {
      try await withOffice { office async throws in
        try await office.scenario.sync(office.forward())
        try await OfficeData.writeAsApp(target: office.target)
        let before = try await officeRows(office)
        let report = try await office.scenario.sync(office.back())
        #expect(report.outcome == .success)
        #expect(report.tables.map(\.counts.inserted) == [2, 2, 2, 2])
        #expect(try await officeRows(office) == before)
        #expect(
          try await office.source.rows(
            "SELECT timefrom, timeto, length(tasknotes), doc_ref FROM workdiary WHERE source = 'M' ORDER BY wd_id")
            == [
              ["2025-03-02 14:00:00", "2025-03-02 15:30:00", "50", "photographs/202"],
              ["2025-03-03 14:00:00", "2025-03-03 15:30:00", "50", "photographs/202"],
            ])
        let numbers = "SELECT job_id, jt_id, task_desc FROM jobtasks WHERE source = 'M' ORDER BY jt_id"
        #expect(try await office.source.rows(numbers) == office.target.rows(numbers))
        try await office.demandNothing(from: office.back(), at: office.source)
        // Neither do they come again as the office's.
        try await office.demandNothing(from: office.forward(), at: office.target)
      }
    }

    @Test func `what the office corrects stays corrected, and what the app deletes does not come back`() async throws {
      try await withOffice { office async throws in
        try await office.scenario.sync(office.forward())
        try await OfficeData.writeAsApp(target: office.target)
        try await office.scenario.sync(office.back())
        try await office.source.run(
          """
          UPDATE jobtasks SET task_desc = 'Corrected' WHERE source = 'M' AND job_id = 900001;
          UPDATE workdiary SET minutes = 5 WHERE source = 'M';
          """)
        try await office.target.run(
          """
          UPDATE taskchecklist SET comments = 'An afterthought' WHERE source = 'M';
          DELETE FROM workdiary WHERE source = 'M' AND wd_id = (SELECT min(wd_id) FROM workdiary WHERE source = 'M');
          DELETE FROM taskchecklist WHERE source = 'M' AND job_id = 900001;
          """)
        try await office.demandNothing(from: office.back(), at: office.source)
        try await office.demandNothing(from: office.forward(), at: office.target)
        #expect(try await office.source.value("SELECT count(*) FROM workdiary WHERE source = 'M'") == "2")
        #expect(try await office.target.value("SELECT count(*) FROM workdiary WHERE source = 'M'") == "1")
        // A row that the office takes for its own does not come once more.
        try await office.source.run(
          "UPDATE workdiary SET source = NULL WHERE source = 'M' AND wd_id = (SELECT max(wd_id) FROM workdiary)")
        try await office.demandNothing(from: office.back(), at: office.source)
        // A row of the office's that has the number of one of the app's keeps that one out, until more tells them apart.
        try await office.target.run(
          """
          INSERT INTO workdiary (wd_id, staff_id, date, tasknotes) VALUES (400000, 1, '2025-03-04', 'Of the app');
          """)
        try await office.source.run(
          "INSERT INTO workdiary (wd_id, staff_id, date, tasknotes) VALUES (400000, 1, '2025-03-05', 'Of the office')")
        var back = try office.back()
        let behind = try await office.scenario.sync(back)
        #expect((behind.totals.inserted, behind.table("workdiary")?.counts.protected) == (0, 2))
        let place = try #require(back.tables.firstIndex { $0.target.name == "workdiary" })
        back.tables[place].pairing = .keylessBy(match: ["wd_id", "date"])
        #expect(try await office.scenario.sync(back).totals.inserted == 1)
        #expect(
          try await office.source.rows("SELECT tasknotes, source FROM workdiary WHERE wd_id = 400000 ORDER BY 1")
            == [["Of the app", "M"], ["Of the office", "NULL"]])
        #expect(try await office.scenario.sync(office.forward()).table("workdiary")?.counts.protected == 2)
      }
    }
  }
}
