import EphemeralPostgres
import FoundationEssentials
import Glibc
import PGTide
import Postgres
import Subprocess
import Synchronization
import SystemPackage
import Testing

extension Integration {
  /// Rows that go over the disk.
  @Suite struct SpillTests {
    @Test func `the practice data lands over the disk as without it, and nothing stays there`() async throws {
      try await withPracticeDatabases { source, target, _ async throws in
        try await SpillScenario.run(Scenario(source: source, target: target)) { spill in
          var configuration = try spill.scenario.practice()
          configuration.settings.spill = SpillSettings(mode: .always, directory: spill.base)
          let first = try await spill.sync(configuration)
          #expect(first.outcome == .success)
          #expect(first.totals.inserted == 92_387)
          #expect(first.spill?.rows == 92_387)
          #expect(first.spill?.chunks == first.tables.map(\.chunks).reduce(0, +))
          #expect(first.spill?.bytes == first.bytes)
          #expect(first.spill.map { 0 < $0.compressedBytes && $0.compressedBytes < $0.bytes } == true)
          #expect(first.spill?.directChunks == 0)
          #expect(spill.directories.isEmpty)
          configuration.settings.spill = SpillSettings()
          let second = try await spill.sync(configuration)
          #expect(second.totals.unchanged == 92_387)
          #expect(second.spill == nil)
        }
      }
    }

    @Test func `without it nothing is written to the disk`() async throws {
      try await SpillScenario.run { spill async throws in
        try await spill.sync(spill.configuration(mode: .never))
        #expect(!FileManager.default.fileExists(atPath: spill.base))
      }
    }

    @Test func `a file is what lz4 and psql load`() async throws {
      try await SpillScenario.run { spill async throws in
        _ = try await spill.fail()
        #expect(spill.files.count > 6)
        let target = spill.scenario.target
        try await target.run("CREATE TABLE loaded (id int, v text)")
        for file in spill.files {
          try await shell(
            """
            lz4 -dc '\(spill.directory)/\(file)' \
            | psql -q -d '\(target.connectionString)' -c 'COPY loaded FROM STDIN (FORMAT binary)'
            """)
        }
        #expect(
          try await target.value("SELECT sum(id * length(v)) FROM loaded")
            == spill.scenario.source.value(
              "SELECT sum(id * length(v)) FROM (SELECT * FROM t UNION ALL SELECT * FROM w) both_of_them"))
      }
    }

    @Test func `directory and files are their owner's alone`() async throws {
      try await SpillScenario.run { spill async throws in
        _ = try await spill.fail()
        func permissions(_ path: String) throws -> FilePermissions {
          try Stat(FilePath(path), followTargetSymlink: false).permissions
        }
        #expect(try permissions(spill.directory) == [.ownerReadWriteExecute])
        for name in spill.files + ["manifest.json"] {
          #expect(try permissions("\(spill.directory)/\(name)") == [.ownerReadWrite], "\(name)")
        }
      }
    }

    @Test func `the manifest holds no password, and no SQL of the user's`() async throws {
      try await SpillScenario.run { spill async throws in
        var configuration = spill.configuration("t")
        configuration.source.connection += " password=geheim1"
        configuration.target.connection += " password=geheim2"
        configuration.tables[0].filter = "src.v <> 'geheim3'"
        configuration.tables[0].columns = [ColumnMapping(column: "v", value: .expression("src.v || 'geheim4'"))]
        _ = try await spill.fail(configuration)
        let manifest = try String(contentsOfFile: "\(spill.directory)/manifest.json", encoding: .utf8)
        #expect(manifest.contains("\"isComplete\" : true"))
        #expect(!manifest.contains("geheim"))
      }
    }

    @Test func `the source is let go before the first row is loaded`() async throws {
      try await SpillScenario.run { spill async throws in
        let log = CapturedLog()
        try await spill.sync(spill.configuration(jobs: 1), options: Sync.Options(logger: log.logger))
        let events = log.lines.map(\.event).filter { ["source_released", "chunk_started"].contains($0) }
        #expect(events.first == "source_released")
        #expect(events.count(where: { $0 == "source_released" }) == 1)
      }
    }

    @Test func `a chunk whose writer is lost is loaded from its file again, not read again`() async throws {
      try await SpillScenario.run { spill async throws in
        let reads = Mutex(0)
        let options = Sync.Options(tracer: { trace in
          if trace.connection.hasPrefix("source"), trace.statement.hasPrefix("COPY") { reads.withLock { $0 += 1 } }
        })
        let kill = TaskSlot<[[String]]>()
        let target = spill.scenario.target
        let report = try await spill.scenario.sync(spill.configuration(), options: options) { event in
          guard case .staged = event else { return }
          kill.start {
            try await target.rows(
              """
              SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE application_name LIKE 'pgtide%' AND datname = current_database() AND query LIKE '%COPY%'
              """)
          }
        }
        #expect(try await kill.value?.isEmpty == false)
        #expect(report.tables.map(\.retries).reduce(0, +) >= 1)
        #expect(report.totals.inserted == 30_000)
        #expect(try await spill.counts == ["20000", "10000"])
        #expect(reads.withLock(\.self) == report.spill?.chunks)
      }
    }

    @Test(arguments: [0, 1 << 20])
    func `what the limit leaves no room for goes directly, and is counted`(limit: Int) async throws {
      try await SpillScenario.run { spill async throws in
        let report = try await spill.sync(spill.configuration(limit: limit))
        #expect(report.outcome == .success)
        #expect(try await spill.counts == ["20000", "10000"])
        let spilled = try #require(report.spill)
        #expect(spilled.directChunks > 0)
        #expect(spilled.compressedBytes <= limit)
        #expect((spilled.chunks > 0) == (limit > 0))
        #expect(
          report.notices.contains { $0.contains("went to the target directly: the spill reached its limit") })
        #expect(spill.directories.isEmpty)
      }
    }

    @Test(.enabled(if: geteuid() == 0, "mounting a small file system takes root"))
    func `a disk that fills up is left some room, and the other chunks go directly`() async throws {
      try await SpillScenario.run { spill async throws in
        try FileManager.default.createDirectory(atPath: spill.base, withIntermediateDirectories: true)
        try await shell("mount -t tmpfs -o size=1m tmpfs '\(spill.base)'")
        let result = await Result.of { try await spill.sync() }
        try await shell("umount -l '\(spill.base)'")
        let report = try result.get()
        #expect(report.outcome == .success)
        #expect(report.totals.inserted == 30_000)
        #expect(report.spill.map { $0.directChunks > 0 } == true)
        // Two workers may both find room that is there for one.
        #expect(report.notices.contains { $0.contains("bytes left") || $0.contains("cannot be written") })
      }
    }

    @Test func `a directory that cannot be written is told before anything happens`() async throws {
      try await SpillScenario.run { spill async throws in
        try "a file".write(toFile: spill.base, atomically: true, encoding: .utf8)
        await #expect(throws: SyncError.self) { try await spill.sync() }
        #expect(
          try await spill.scenario.target.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'pgtide'") == "0")
      }
    }

    @Test func `a dry run leaves nothing on the disk`() async throws {
      try await SpillScenario.run { spill async throws in
        let report = try await spill.sync(options: Sync.Options(isDryRun: true))
        #expect(report.totals.inserted == 30_000)
        #expect(spill.directories.isEmpty)
      }
    }

    @Test func `a chunk that the source refuses fails its table, and no other`() async throws {
      try await SpillScenario.run { spill async throws in
        try await spill.scenario.source.run("CREATE OR REPLACE VIEW w AS SELECT id, (v::int)::text AS v FROM t")
        let report = try await spill.sync()
        #expect(report.table("t")?.status == .success)
        #expect(report.table("w")?.status == .failed)
        #expect(report.table("w")?.error?.contains("invalid input syntax") == true)
        // It could not be taken up again.
        #expect(spill.directories.isEmpty)
      }
    }
  }
}

extension Result where Failure == any Error {
  static func of(_ body: () async throws -> Success) async -> Result {
    do { return .success(try await body()) } catch { return .failure(error) }
  }
}

extension Integration {
  /// A file system without room before the first byte, which only root can make.
  @Suite(.enabled(if: geteuid() == 0, "mounting a small file system takes root")) struct FullSpillTests {
    @Test(arguments: ["nr_inodes=2,size=1m", "size=256k"])
    func `the rows go directly where the spill finds no room at all, and the report says why`(room: String) async throws
    {
      try await SpillScenario.run { spill async throws in
        try await shell("mkdir '\(spill.base)' && mount -t tmpfs -o \(room) none '\(spill.base)'")
        let result = await Result.of {
          try await shell("cd '\(spill.base)' && dd if=/dev/zero of=others bs=4k 2>/dev/null || true")
          return try await spill.sync()
        }
        try await shell("umount '\(spill.base)'")
        let report = try result.get()
        #expect(report.outcome == .success)
        #expect(try await spill.counts == ["20000", "10000"])
        #expect(report.notices.contains { $0.contains("directly") }, "\(report.notices)")
      }
    }
  }
}
