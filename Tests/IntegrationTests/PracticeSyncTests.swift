import EphemeralPostgres
import PGTide
import PracticeData
import Testing

extension Integration {
  /// The 15 tables with 92,387 rows, against the model.
  @Suite struct PracticeSyncTests {
    private func counts(_ report: SyncReport) -> [String: PracticeModel.Counts] {
      Dictionary(
        uniqueKeysWithValues: report.tables.map { table in
          let counts = table.counts
          return (
            table.table,
            PracticeModel.Counts(
              inserted: counts.inserted, updated: counts.updated, unchanged: counts.unchanged,
              protected: counts.protected)
          )
        })
    }

    @Test func `every count of a first load, a second run and a run after 50 edits equals the model's`() async throws {
      try await withPracticeDatabases { source, target, _ async throws in
        let scenario = Scenario(source: source, target: target)
        let model = PracticeModel(source: source, target: target)
        try await PracticeData.add(Dirt(appRows: 20, claimedRows: 10), source: source, target: target)

        var expected = try await model.expected()
        let first = try await scenario.sync(scenario.practice())
        #expect(first.outcome == .success)
        #expect(first.totals.read == 92_387)
        #expect(counts(first) == expected)

        expected = try await model.expected()
        let second = try await scenario.sync(scenario.practice())
        #expect(counts(second) == expected)
        #expect(second.totals.written == 0)

        let edits = try await PracticeData.edit(source: source, rows: 50)
        expected = try await model.expected()
        let third = try await scenario.sync(scenario.practice())
        #expect(counts(third) == expected)
        #expect(edits.values.reduce(0, +) == 50)
        // Afterwards nothing is left to do, which only values that really arrived can tell.
        #expect(try await model.expected().values.allSatisfy { $0.inserted == 0 && $0.updated == 0 })
      }
    }

    /// Everything that a write or a lock would change of the user tables.
    private func traces(_ target: TestDatabase) async throws -> [[String]] {
      var traces: [[String]] = []
      for table in PracticeData.tables {
        // The places of the rows, and the sums of who made and who locked them.
        traces += try await target.rows(
          """
          SELECT '\(table.target)', count(*), sum(xmin::text::bigint), sum(xmax::text::bigint), min(ctid), max(ctid)
          FROM \(table.target)
          """)
      }
      return traces
    }

    private func tupleCounters(_ target: TestDatabase) async throws -> [[String]] {
      try await target.rows(
        """
        SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables
        WHERE schemaname = 'public' AND relname <> '_sync_metadata' ORDER BY relname
        """)
    }

    /// With a target server of its own, without autovacuum: other tests write WAL, too, and up to PostgreSQL 15 VACUUM
    /// clears the xmax of rows that two transactions locked.
    private func withQuietTarget(_ body: (Scenario, TestDatabase) async throws -> Void) async throws {
      try await withDatabases { source, _ async throws in
        try await PostgresCluster.withCluster(ServerPair.configured.target.options(autovacuum: false)) { cluster in
          let target = try await cluster.createDatabase(named: "app")
          try await PracticeData.load(source: source, target: target)
          try await body(Scenario(source: source, target: target), target)
        }
      }
    }

    @Test func `a second run finds 92,387 rows unchanged, writes and locks none of them, and writes next to no WAL`()
      async throws
    {
      try await withQuietTarget { scenario, target in
        try await scenario.sync(scenario.practice())
        // Sessions tell their counters when they end; the first run's have.
        try await target.wait(
          for: "92387",
          from:
            "SELECT sum(n_tup_ins) FROM pg_stat_user_tables WHERE schemaname = 'public' AND relname <> '_sync_metadata'"
        )
        // The first reader of a new row notes in its page that it was committed. With checksums, which PostgreSQL 18 has
        // as it comes, a page that was changed for the first time since a checkpoint is written whole, for such a note,
        // too. That is not the second run's doing.
        let (before, counted) = try await (traces(target), tupleCounters(target))
        try await target.run("CHECKPOINT")
        let start = try await target.value("SELECT pg_current_wal_lsn()")
        let report = try await scenario.sync(scenario.practice())
        let wal = try await target.value("SELECT pg_current_wal_lsn() - '\(start)'")
        // Rewriting the rows would take more than 20 MB, locking them more than 5.
        #expect(Int(wal)! < 1_000_000, "\(wal) bytes")
        #expect(report.totals.unchanged == 92_387)
        #expect(report.totals.written == 0)
        #expect(try await traces(target) == before)
        #expect(try await tupleCounters(target) == counted)
      }
    }

    @Test func `50 edits move updated_at on exactly those rows`() async throws {
      try await withPracticeDatabases { source, target, _ async throws in
        let scenario = Scenario(source: source, target: target)
        try await scenario.sync(scenario.practice())
        let edits = try await PracticeData.edit(source: source, rows: 50)
        let start = try await target.value("SELECT now()")
        let report = try await scenario.sync(scenario.practice())
        #expect(report.totals.updated == 50)
        #expect(report.totals.inserted == 0)
        for table in PracticeData.tables {
          let moved = try await target.value("SELECT count(*) FROM \(table.target) WHERE updated_at > '\(start)'")
          #expect(Int(moved) == edits[table.source] ?? 0, "\(table.target)")
          #expect(try await target.value("SELECT count(*) FROM \(table.target) WHERE created_at > '\(start)'") == "0")
        }
      }
    }
  }
}
