import EphemeralPostgres
import Foundation
import PGTide
import PracticeData
import Testing

extension Integration {
  /// The second set of practice data: fifteen tables as hard as real ones, one file, neither schema changed.
  @Suite struct OfficeSyncTests {
    @Test func `the small office has every fact of the real one`() async throws {
      try await withOffice { office async throws in
        let facts = try await office.source.rows(
          """
          SELECT (SELECT max(n) FROM (SELECT count(*) AS n FROM jobshead GROUP BY job_id) j),
            (SELECT count(*) FROM jobshead WHERE sporg_id IS NULL),
            (SELECT count(*) FROM (SELECT FROM jobshead j GROUP BY j::text HAVING count(*) = 2) d),
            (SELECT count(*) - count(DISTINCT ROW(job_id, sporg_id)) FROM jobshead),
            (SELECT count(jt_id) FROM jobtasks), (SELECT count(*) - count(DISTINCT ROW(job_id, task_id)) FROM jobtasks),
            (SELECT count(*) > count(DISTINCT ROW(task_id, checklistdesc)) FROM taskchecklist WHERE checklistdesc IS NULL),
            (SELECT count(*) FILTER (WHERE con_id IS NULL) = count(*) FILTER (WHERE con_id = 0) FROM climaster),
            (SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace)
          """)
        #expect(facts == [["24", "9", "5", "12", "0", "10", "t", "t", "0"]])
        #expect(
          try await office.target.value(
            "SELECT count(*) FROM pg_index WHERE indrelid = 'jobshead'::regclass AND indisunique") == "0")
      }
    }

    @Test func `the page about the office shows its files as they are`() throws {
      let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
      let page = try String(contentsOf: root.appending(path: "docs/guides/real-office.md"), encoding: .utf8)
      for file in [OfficeData.configuration, OfficeData.wayBack] { #expect(page.contains("```yaml\n\(file)```\n")) }
    }

    @Test func `one file brings all fifteen level, and the run after does nothing`() async throws {
      try await withOffice { office async throws in
        let schemas = try await Self.schemas(office)
        let report = try await office.scenario.sync(office.forward())
        #expect(report.outcome == .success)
        #expect(report.tables.count == 15)
        #expect(report.totals.rejected == 0)
        #expect(try await office.model.differences() == [])
        #expect(
          try await office.target.rows("SELECT sync_status, count(*) FROM _sync_metadata GROUP BY 1") == [
            ["success", "15"]
          ])
        try await office.demandNothing(from: office.forward(), at: office.target)
        #expect(try await office.scenario.check(office.forward()).outcome == .level)
        #expect(try await Self.schemas(office) == schemas)
      }
    }

    /// What a change of either schema would show.
    private static func schemas(_ office: OfficeScenario) async throws -> [[String]] {
      var found: [[String]] = []
      for end in [office.source, office.target] {
        found += try await end.rows(
          """
          SELECT c.relname, c.relkind, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull,
            (SELECT string_agg(pg_get_constraintdef(o.oid), ', ' ORDER BY o.oid) FROM pg_constraint o WHERE o.conrelid = c.oid),
            (SELECT string_agg(t.tgname, ', ' ORDER BY t.oid) FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
          FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
          WHERE c.relnamespace = 'public'::regnamespace ORDER BY c.relname, a.attnum
          """)
      }
      return found
    }

    @Test func `after a day in the office all is level again, the app's rows stand, and keys are kept`() async throws {
      try await withOffice { office async throws in
        try await office.scenario.sync(office.forward())
        try await OfficeData.writeAsApp(target: office.target)
        let (appRows, keys) = try await (office.appRows(), Self.keys(office))
        try await OfficeData.spendDay(source: office.source)
        let report = try await office.scenario.sync(office.forward())
        #expect(report.totals.rejected == 0)
        #expect(try await office.appRows() == appRows)
        // The app's list refers to a task that the office has deleted, and its reminder is the app's by now.
        let kept = "t.job_id = 7 AND t.task_id = 22"
        #expect(report.table("jobtasks")?.counts.kept == 1)
        #expect(
          try await office.model.differences(claimed: ["reminder": "s.rem_id = 7"], kept: ["jobtasks": kept]) == [])
        // Three tasks and two items went; all others have the numbers that they had.
        let gone = keys.subtracting(try await Self.keys(office))
        #expect(gone.count { $0[0] == "jobtasks" } == 3)
        #expect(gone.count { $0[0] == "taskchecklist" } == 2)
        try await office.demandNothing(from: office.forward(), at: office.target)
      }
    }

    /// The numbers that the target has made, with what they are the numbers of.
    private static func keys(_ office: OfficeScenario) async throws -> Set<[String]> {
      Set(
        try await office.target.rows(
          """
          SELECT 'jobtasks', jt_id, job_id, task_id::text FROM jobtasks WHERE source = 'D'
          UNION ALL SELECT 'taskchecklist', tc_id, task_id, checklistdesc FROM taskchecklist WHERE source = 'D'
          """))
    }

    @Test func `rows that cannot go in are rejected for what they are, and the rest is level`() async throws {
      try await withOffice { office async throws in
        try await OfficeData.addDirt(source: office.source)
        func count(_ rows: String) async throws -> Int {
          Int(try await office.source.value("SELECT count(*) FROM \(rows)")) ?? 0
        }
        // Jobs 84 and 85 take their tasks and what was noted of them along, three reminders what was answered to them.
        let (tasks, orphans) = try await (count("jobtasks WHERE job_id = 84"), count("jobtasks WHERE job_id = 85"))
        let noted = try await count("workdiary WHERE job_id = 84")
        let answers = try await count("mbremdetail WHERE rem_id BETWEEN 20 AND 22 OR rem_id > 800000")
        #expect(tasks > 0 && orphans > 0 && noted > 0 && answers > 2)
        #expect(try await count("workdiary WHERE job_id = 85") == 0, "it would be rejected, too")
        let report = try await office.scenario.sync(office.forward())
        #expect(report.outcome == .rejects)
        let reasons = report.tables.reduce(into: [:]) { $0[$1.table] = $1.rejectReasons }.filter { !$0.value.isEmpty }
        #expect(
          reasons == [
            "jobshead": ["missing parent": 2],
            "jobtasks": [
              "lookup without a row": 3, "NULL in a NOT NULL column": 1, "ambiguous lookup": tasks,
              "missing parent": orphans,
            ],
            "taskchecklist": ["ambiguous lookup": 1], "reminder": ["does not fit": 3],
            "remdetail": ["missing parent": answers], "workdiary": ["ambiguous lookup": noted],
            "learequest": ["duplicate key": 2, "NULL in the key": 1],
          ])
        #expect(try await office.scenario.check(office.forward()).outcome == .rejects)
        // Without these rows on the source, nothing is missing and nothing too many.
        try await office.source.run(
          """
          DELETE FROM jobtasks WHERE job_id > 800000 OR job_id IS NULL OR job_id IN (84, 85);
          DELETE FROM jobshead WHERE job_id = 85;
          DELETE FROM workdiary WHERE job_id = 84;
          DELETE FROM taskchecklist WHERE checklistdesc = 'Whose is it?';
          DELETE FROM mbreminder WHERE rem_id BETWEEN 20 AND 22;
          DELETE FROM mbremdetail WHERE remd_id IN (30, 31) OR rem_id BETWEEN 20 AND 22;
          DELETE FROM learequest WHERE learequest_id = 5 OR learequest_id IS NULL;
          """)
        #expect(try await office.model.differences() == [])
        try await office.demandNothing(from: office.forward(), at: office.target)
      }
    }
  }
}
