import EphemeralPostgres
import FoundationEssentials
import PGTide
import Postgres
import Synchronization
import Testing

extension Integration {
  /// A run that is taken up again from the disk.
  @Suite struct ResumeTests {
    @Test func `a run whose target was killed is resumed while the source is down`() async throws {
      let pair = ServerPair.configured
      try await PostgresCluster.withClusters([pair.source.options(), pair.target.options()]) { clusters in
        let source = try await clusters[0].createDatabase(named: "office")
        let target = try await clusters[1].createDatabase(named: "app")
        try await source.run(SpillScenario.source)
        try await target.run(SpillScenario.target)
        try await SpillScenario.run(Scenario(source: source, target: target)) { spill in
          let crash = TaskSlot<Void>()
          let first = try await spill.scenario.sync(spill.configuration(jobs: 1, retries: 0)) { event in
            guard case .staged = event else { return }
            crash.start { try await clusters[1].crash() }
          }
          _ = try await crash.value
          #expect(first.outcome == .failed)
          #expect(first.spill?.isKept == true)
          #expect(first.notices.contains { $0.contains("--resume") })
          try await clusters[0].stop()
          try await clusters[1].start()
          let second = try await spill.resume()
          #expect(second.outcome == .success)
          #expect(second.totals.inserted == 30_000)
          #expect(second.spill?.resumedRun == first.runID)
          #expect(try await spill.counts == ["20000", "10000"])
          #expect(
            try await target.rows("SELECT status, mode FROM pgtide.runs ORDER BY run_id")
              == [["died", "full"], ["success", "full, resumed"]])
          #expect(spill.directories.isEmpty)
          try await clusters[0].start()
        }
      }
    }

    @Test func `a process that was killed outright is taken up again, once`() async throws {
      try await SpillScenario.run(source: Scenario.people, target: Scenario.appPeople) { spill async throws in
        let scenario = spill.scenario
        func run(_ script: String) async throws -> PGTideProcess.Ended {
          let yaml = """
            source: ${OFFICE}
            target: ${APP}
            origin: {column: source, ours: D}
            defaults: {spill: always, spill_dir: '\(spill.base)'}
            tables: [people]
            """
          return try await PGTideProcess.run(
            script, files: ["pgtide.yaml": yaml],
            environment: ["OFFICE": scenario.source.connectionString, "APP": scenario.target.connectionString])
        }
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        try await Postgres.withConnection(options) { app in
          // The merge waits for this session, so that it is met at work.
          try await app.batch(["BEGIN", "INSERT INTO people VALUES (2, 'app', 'M')"])
          async let ended = run("{ $PGTIDE sync & echo $! >'\(spill.base).pid'; wait $!; }")
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await shell("kill -KILL $(cat '\(spill.base).pid') && rm '\(spill.base).pid'")
          #expect(try await ended.code == 137)
          try await app.query("ROLLBACK")
        }
        #expect(spill.directories.count == 1)
        let resumed = try await run("$PGTIDE sync --resume --wait 1min")
        #expect(resumed.code == 0, "\(resumed.errors)")
        #expect(resumed.output.contains("1 of 1 table landed"))
        #expect(try await scenario.target.value("SELECT count(*) FROM people") == "3")
        let again = try await run("$PGTIDE sync --resume")
        #expect(again.code == 8)
        #expect(again.errors.contains("there is no spill of the flow forward"))
      }
    }

    @Test func `a run that was stopped while it loaded is resumed; one that was reading leaves nothing`() async throws {
      for isLoading in [true, false] {
        try await SpillScenario.run { spill async throws in
          let run = TaskSlot<SyncReport>()
          run.start {
            try await spill.scenario.sync(spill.configuration(jobs: 1)) { event in
              switch event {
              case .staged where isLoading: run.cancel()
              case .spilled where !isLoading: run.cancel()
              default: break
              }
            }
          }
          await #expect(throws: CancellationError.self) { try await run.value }
          #expect(spill.directories.count == (isLoading ? 1 : 0))
          guard isLoading else { return }
          #expect(try await spill.resume().totals.inserted == 30_000)
        }
      }
    }

    /// What happens to a file, and what is said of it.
    enum Damage: String, CaseIterable {
      case missing = "rm FILE"
      case empty = ": > FILE"
      case cut = "truncate -s -100 FILE"
      case longer = "echo more >> FILE"
      case flipped = "printf '\\252\\125' | dd of=FILE bs=1 seek=2000 conv=notrunc"
      case swapped = "cp 2-1-2.lz4 FILE"
      case link = "mv FILE moved && ln -s moved FILE"
    }

    @Test(arguments: Damage.allCases)
    func `a file that is not what was written is refused with its name, before anything is done`(damage: Damage)
      async throws
    {
      try await SpillScenario.run { spill async throws in
        _ = try await spill.fail()
        let file = "1-2-1.lz4"
        #expect(spill.files.contains(file))
        try await shell("cd '\(spill.directory)' && \(damage.rawValue.replacing("FILE", with: file))")
        let error = await #expect(throws: ResumeRefusal.self) { try await spill.resume() }
        #expect(error?.message.contains("\(spill.directory)/\(file) is damaged") == true, "\(error?.message ?? "")")
        #expect(try await spill.counts == ["0", "0"])
        #expect(try await spill.scenario.target.value("SELECT count(*) FROM pgtide.runs") == "1")
        // The source is there still.
        #expect(try await spill.sync().totals.inserted == 30_000)
        #expect(spill.directories.isEmpty)
      }
    }

    @Test
    func `a file that is damaged while the run is on is read from the source, or its table is refused with its name`()
      async throws
    {
      try await SpillScenario.run { spill async throws in
        // The limit keeps the source held, as long as chunks that are not on the disk are still to be read.
        let isDamaged = Mutex(false)
        let report = try await spill.scenario.sync(spill.configuration(limit: 1 << 20, jobs: 1)) { event in
          guard case .staged = event, !isDamaged.withLock(\.self) else { return }
          for file in spill.files.map({ URL(filePath: "\(spill.directory)/\($0)") }) {
            guard let content = try? Data(contentsOf: file) else { continue }
            try? content.dropLast(9).write(to: file)
          }
          isDamaged.withLock { $0 = true }
        }
        let notices: [String] = report.tables.flatMap(\.notices)
        let errors: [String] = report.tables.compactMap(\.error)
        #expect(!isDamaged.withLock(\.self) || !(notices + errors).isEmpty)
        #expect(notices.allSatisfy { $0.contains("read from the source once more") })
        #expect(errors.allSatisfy { $0.contains(".lz4") }, "\(errors)")
        for (table, rows) in [("t", "20000"), ("w", "10000")] {
          let hasLanded = report.table(table)?.status == .success
          #expect(try await spill.scenario.target.value("SELECT count(*) FROM \(table)") == (hasLanded ? rows : "0"))
        }
      }
    }

    @Test func `nothing to resume is told, with where it was looked for`() async throws {
      try await SpillScenario.run { spill async throws in
        let error = await #expect(throws: ResumeRefusal.self) { try await spill.resume() }
        #expect(error?.message.contains("there is no spill of the flow forward") == true)
        #expect(error?.message.contains(spill.base) == true)
      }
    }

    private func expectRefusal(
      _ text: String, _ prepare: (SpillScenario) async throws -> SyncConfiguration
    ) async throws {
      try await SpillScenario.run { spill async throws in
        _ = try await spill.fail()
        let configuration = try await prepare(spill)
        let error = await #expect(throws: ResumeRefusal.self) { try await spill.resume(configuration) }
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
        #expect(spill.directories.count == 1)
      }
    }

    @Test func `a spill that the configuration has moved away from is refused`() async throws {
      try await expectRefusal("t is planned otherwise") { spill in
        var configuration = spill.configuration()
        configuration.tables[0].filter = "src.id < 7"
        return configuration
      }
      try await expectRefusal("t is planned otherwise") { spill in
        try await spill.scenario.target.run("ALTER TABLE t DROP COLUMN v")
        return spill.configuration()
      }
      try await expectRefusal("of other tables than this run: t, w") { spill in spill.configuration("t") }
    }

    @Test func `a spill of another flow or target is refused, under whatever name`() async throws {
      try await expectRefusal("there is no spill of the flow back") { spill in
        var configuration = spill.configuration()
        configuration.flow = "back"
        return configuration
      }
      try await expectRefusal("is of the flow forward") { spill in
        let name = spill.directories[0]
        try await shell("cd '\(spill.base)' && mv '\(name)' '\(name.replacing("forward", with: "back"))'")
        var configuration = spill.configuration()
        configuration.flow = "back"
        return configuration
      }
      try await expectRefusal("for another target") { spill in
        try await shell(
          "cd '\(spill.base)' && sed -i 's/\"database\" : \"test_/\"database\" : \"other_/' */manifest.json")
        return spill.configuration()
      }
    }

    @Test func `a spill is refused when newer rows have landed, or the target does not know its run`() async throws {
      try await expectRefusal("run 2 of the flow forward has written newer rows") { spill in
        var elsewhere = spill.configuration(mode: .never)
        elsewhere.settings.spill.directory = "/nonexistent"
        try await spill.sync(elsewhere)
        return spill.configuration()
      }
      try await expectRefusal("run 2 of the flow other has written newer rows") { spill in
        var elsewhere = spill.configuration("t", mode: .never)
        elsewhere.flow = "other"
        try await spill.sync(elsewhere)
        return spill.configuration()
      }
      try await expectRefusal("the history of the target knows no run 1") { spill in
        try await spill.scenario.target.run("DELETE FROM pgtide.runs")
        return spill.configuration()
      }
    }

    @Test func `a manifest of another format is refused`() async throws {
      try await expectRefusal("has the format \"pgtide spill 0\"") { spill in
        try await shell("cd '\(spill.base)' && sed -i 's/pgtide spill [0-9]*/pgtide spill 0/' */manifest.json")
        return spill.configuration()
      }
    }

    @Test func `a directory that others may enter is not looked at`() async throws {
      try await expectRefusal("there is no spill") { spill in
        try await shell("chmod 755 '\(spill.directory)'")
        return spill.configuration()
      }
    }

    @Test func `other jobs, chunks and buffers than those of the run that died are no matter`() async throws {
      try await SpillScenario.run { spill async throws in
        _ = try await spill.fail()
        var configuration = spill.configuration(mode: .never)
        configuration.settings.jobs = 5
        configuration.settings.chunkBytes = 64 << 10
        configuration.settings.bufferBytes = 64 << 10
        #expect(try await spill.resume(configuration).totals.inserted == 30_000)
        #expect(spill.directories.isEmpty)
      }
    }

    @Test(arguments: RowFormat.allCases)
    func `rows in either format go over the disk, and are taken up again`(format: RowFormat) async throws {
      try await SpillScenario.run { spill async throws in
        var configuration = spill.configuration()
        configuration.settings.copyFormat = format
        #expect(try await spill.fail(configuration).spill?.rows == 30_000)
        #expect(try await spill.resume().totals.inserted == 30_000)
        let digest = "SELECT sum(hashtext(id || v)) FROM t"
        #expect(try await spill.scenario.target.value(digest) == spill.scenario.source.value(digest))
      }
    }

    @Test func `a resumed run that fails can be resumed again`() async throws {
      try await SpillScenario.run { spill async throws in
        _ = try await spill.fail()
        try await spill.scenario.target.run(Scenario.failing("w"))
        let second = try await spill.resume()
        #expect(second.outcome == .partial)
        #expect(second.spill?.isKept == true)
        try await spill.scenario.target.run("DROP TRIGGER fail ON w")
        let third = try await spill.resume()
        #expect(third.totals.inserted == 10_000)
        #expect(third.totals.unchanged == 20_000)
        #expect(spill.directories.isEmpty)
      }
    }

    @Test func `a complete spill of a dead run is told of, and removed by the next run that lands`() async throws {
      try await SpillScenario.run { spill async throws in
        _ = try await spill.fail()
        let report = try await spill.sync(spill.configuration(mode: .never))
        #expect(report.notices.contains { $0.hasPrefix("run 1 left all its rows in \(spill.base)") })
        #expect(spill.directories.isEmpty)
      }
    }

    @Test func `of several runs that fail only the newest spill stays`() async throws {
      try await SpillScenario.run { spill async throws in
        _ = try await spill.fail()
        _ = try await spill.fail()
        #expect(spill.directories.count == 1)
        #expect(spill.directories[0].hasSuffix(".2"))
      }
    }

    @Test func `a spill that is not complete cannot be resumed, and is removed by the next run`() async throws {
      try await SpillScenario.run { spill async throws in
        _ = try await spill.fail()
        try await shell(
          "cd '\(spill.base)' && sed -i 's/\"isComplete\" : true/\"isComplete\" : false/' */manifest.json")
        let error = await #expect(throws: ResumeRefusal.self) { try await spill.resume() }
        #expect(error?.message.contains("is not complete") == true)
        let report = try await spill.sync(spill.configuration(mode: .never))
        #expect(report.notices.contains { $0.hasPrefix("removed what run 1 had spilled before it died") })
        #expect(spill.directories.isEmpty)
      }
    }

    @Test func `a spill of another target is left alone`() async throws {
      try await SpillScenario.run { spill async throws in
        _ = try await spill.fail()
        let name = spill.directories[0]
        let other = "forward.0123456789abcdef.1"
        try await shell("cd '\(spill.base)' && mv '\(name)' '\(other)'")
        try await spill.sync()
        #expect(spill.directories == [other])
      }
    }
  }
}
