import ArgumentParser
import Testing

@testable import PGTide
@testable import PGTideCommand
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct OptionTests {
  private func sync(_ arguments: String...) throws -> SyncCommand {
    try #require(try RootCommand.parseAsRoot(["sync"] + arguments) as? SyncCommand)
  }

  @Test func `without options a sync takes pgtide.yaml and all tables`() throws {
    let command = try sync()
    #expect(command.shared.config == "pgtide.yaml")
    #expect(command.shared.tables.isEmpty)
    #expect(command.shared.exclude.isEmpty)
    #expect(command.shared.tracer == nil)
    #expect(command.mode == nil)
    #expect(!command.dryRun && !command.atomic && !command.output.json && !command.output.quiet)
    #expect(command.rejects.maxRejects == nil)
    #expect(command.rejects.rejectsFile == nil)
  }

  @Test func `every option of a sync arrives`() throws {
    let command = try sync(
      "jobs", "hr.*", "--config", "a.yaml", "--debug", "--mode", "incremental", "--dry-run", "--atomic", "--jobs", "4",
      "--chunk-bytes", "8MiB", "--chunk-rows", "1000", "--buffer-bytes", "1MiB", "--copy-format", "text",
      "--spill", "always", "--spill-dir", "/var/spill", "--spill-limit", "1GiB", "--resume",
      "--key-cache", "on", "--no-analyze", "--max-rejects", "0", "--rejects-file", "r.jsonl",
      "--json", "--quiet", "--exclude", "a", "b*")
    #expect(command.shared.tables == ["jobs", "hr.*"])
    #expect(command.shared.exclude == ["a", "b*"])
    #expect(command.shared.config == "a.yaml")
    #expect(command.shared.tracer != nil)
    #expect(command.dryRun && command.atomic && command.output.json && command.output.quiet)
    #expect(command.mode == .incremental)
    #expect(command.speed.jobs == 4)
    #expect(command.speed.chunkBytes == 8 << 20)
    #expect(command.speed.chunkRows == 1000)
    #expect(command.speed.bufferBytes == 1 << 20)
    #expect(command.speed.copyFormat == .text)
    #expect(command.speed.keyCache == .on)
    #expect(command.speed.analyze == false)
    #expect(command.spill.resume)
    var spill = SpillSettings()
    command.spill.apply(to: &spill)
    #expect(spill == SpillSettings(mode: .always, directory: "/var/spill", limit: 1 << 30))
    #expect(command.rejects.maxRejects == 0)
    #expect(command.rejects.rejectsFile == "r.jsonl")
  }

  @Test func `options of the command line go before the file's, and only those that are given`() throws {
    var settings = RunSettings(jobs: 3, chunkBytes: 1 << 20, chunkRows: 7, analyze: true)
    try sync("--jobs", "8", "--copy-format", "text", "--key-cache", "on", "--no-analyze").speed.apply(to: &settings)
    #expect(
      settings
        == RunSettings(
          jobs: 8, chunkBytes: 1 << 20, chunkRows: 7, copyFormat: .text, keyCache: .on, analyze: false))
    try sync(
      "--chunk-bytes", "64KiB", "--chunk-rows", "9", "--buffer-bytes", "64KiB", "--key-cache", "off", "--analyze"
    ).speed.apply(to: &settings)
    #expect(
      settings
        == RunSettings(
          jobs: 8, chunkBytes: 64 << 10, chunkRows: 9, bufferBytes: 64 << 10, copyFormat: .text, analyze: true))
  }

  @Test func `a plan takes what is fast, not what is written`() throws {
    let command = try #require(
      try RootCommand.parseAsRoot(["plan", "--sql", "--json", "--jobs", "4", "jobs"]) as? PlanCommand)
    #expect(command.sql && command.json && command.speed.jobs == 4 && command.shared.tables == ["jobs"])
    #expect(throws: (any Error).self) { try RootCommand.parseAsRoot(["plan", "--atomic"]) }
  }

  @Test func `inspect counts only where it is asked to`() throws {
    let command = try #require(
      try RootCommand.parseAsRoot(["inspect", "--count", "--json", "jobs"]) as? InspectCommand)
    #expect(command.count && command.json && command.shared.tables == ["jobs"])
    #expect(try (RootCommand.parseAsRoot(["inspect"]) as? InspectCommand)?.count == false)
  }

  @Test func `init-metadata can print its statements`() throws {
    let command = try #require(
      try RootCommand.parseAsRoot(["init-metadata", "--print-sql", "-c", "a.yaml"]) as? InitMetadataCommand)
    #expect(command.printSQL && command.shared.config == "a.yaml")
  }

  @Test(arguments: [
    (["sync", "--jobs", "0"], "--jobs takes a whole number from 1."),
    (["plan", "--jobs", "0"], "--jobs takes a whole number from 1."),
    (["sync", "--jobs", "many"], "'many'"),
    (["sync", "--chunk-rows", "0"], "--chunk-rows takes a whole number from 1."),
    (["sync", "--chunk-bytes", "1KiB"], "--chunk-bytes takes a size from 64KiB, such as 16MiB."),
    (["sync", "--chunk-bytes", "big"], "--chunk-bytes takes a size from 64KiB, such as 16MiB."),
    (["sync", "--spill-limit", "much"], "--spill-limit takes a size such as 10GiB."),
    (["sync", "--spill-dir", ""], "--spill-dir takes a directory."),
    (["sync", "--buffer-bytes", "63KiB"], "--buffer-bytes takes a size from 64KiB to 16MiB, such as 256KiB."),
    (["plan", "--buffer-bytes", "17MiB"], "--buffer-bytes takes a size from 64KiB to 16MiB, such as 256KiB."),
    (["sync", "--copy-format", "csv"], "'csv'"),
    (["sync", "--key-cache", "maybe"], "'maybe'"),
    (["sync", "--max-rejects=-1"], "--max-rejects takes a whole number from 0."),
    (["sync", "--mode", "quick"], "--mode takes `full` or `incremental`."),
    (["sync", "--rejects-file"], "--rejects-file"),
    (["sync", "--atomik"], "--atomik"),
    (["snyc"], "snyc"),
  ])
  func `a value that makes no sense is refused as a matter of the command line`(arguments: [String], message: String) {
    let error = #expect(throws: (any Error).self) { try RootCommand.parseAsRoot(arguments) }
    guard let error else { return }
    #expect(RootCommand.exitCode(for: error).rawValue == 64)
    #expect(RootCommand.message(for: error).contains(message))
  }

  @Test func `a configuration that is not there ends the command with the configuration's code`() throws {
    let command = try sync("--config", "no/such/pgtide.yaml")
    let error = #expect(throws: CommandFailure.self) { try command.shared.loadConfiguration() }
    #expect(error?.exit == .configuration)
    #expect(error?.description.hasPrefix("no/such/pgtide.yaml: ") == true)
  }

  @Test func `the version is a number of three parts`() {
    let error = #expect(throws: (any Error).self) { try RootCommand.parseAsRoot(["--version"]) }
    guard let error else { return }
    #expect(RootCommand.exitCode(for: error) == .success)
    #expect(RootCommand.message(for: error).split(separator: ".").map { Int($0) != nil } == [true, true, true])
  }
}
