import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer
@testable import PGTideTune

/// Values out of range, as a program sets them: no file and no command line has looked at them.
@Suite struct SettingTests {
  /// A configuration whose two ends do not exist: a run that looks at its settings too late fails of them.
  private static func configuration(_ change: (inout SyncConfiguration) -> Void) -> SyncConfiguration {
    let nowhere = EndConfiguration(connection: "host=127.0.0.1 port=1")
    var configuration = SyncConfiguration(
      source: nowhere, target: nowhere, origin: .allRowsAreOurs,
      tables: [TableConfiguration(target: TableName(name: "people"))])
    change(&configuration)
    return configuration
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    let setting: String
    let found: String
    let change: @Sendable (inout SyncConfiguration) -> Void

    init(_ setting: String, _ found: String, _ change: @escaping @Sendable (inout SyncConfiguration) -> Void) {
      self.setting = setting
      self.found = found
      self.change = change
    }

    var testDescription: String { "\(setting): \(found)" }
  }

  private static let wrong: [Wrong] = [
    Wrong("jobs", "0") { $0.settings.jobs = 0 }, Wrong("jobs", "-1") { $0.settings.jobs = -1 },
    Wrong("chunk_bytes", "65535") { $0.settings.chunkBytes = 65_535 },
    Wrong("chunk_rows", "0") { $0.settings.chunkRows = 0 },
    Wrong("buffer_bytes", "65535") { $0.settings.bufferBytes = 65_535 },
    Wrong("buffer_bytes", "16777217") { $0.settings.bufferBytes = 16_777_217 },
    Wrong("max_rejects", "-1") { $0.settings.maxRejects = -1 },
    Wrong("lock_timeout", "0.0 seconds") { $0.settings.lockTimeout = .zero },
    Wrong("lock_timeout", "86401.0 seconds") { $0.settings.lockTimeout = .seconds(86_401) },
    Wrong("connect_timeout", "1.0 seconds") { $0.settings.connectTimeout = .seconds(1) },
    Wrong("connect_timeout", "2.5 seconds") { $0.settings.connectTimeout = .milliseconds(2500) },
    Wrong("retries", "-1") { $0.settings.retries = -1 },
    Wrong("stall_timeout", "0.0 seconds") { $0.settings.stallTimeout = .zero },
    Wrong("spill_limit", "-1") { $0.settings.spill.limit = -1 },
    Wrong("spill_dir", "an empty text") { $0.settings.spill.directory = " " },
    Wrong("keep_runs", "0") { $0.settings.keptRuns = 0 }, Wrong("flow", "to the office") { $0.flow = "to the office" },
    Wrong("flow", "nothing") { $0.flow = "" }, Wrong("tables", "none") { $0.tables = [] },
  ]

  @Test(arguments: wrong) func `a value out of range ends a run before it connects`(wrong: Wrong) async {
    let sync = Sync(Self.configuration(wrong.change))
    let errors = [
      await #expect(throws: SettingsError.self) { try await sync.run() },
      await #expect(throws: SettingsError.self) { try await sync.plan() },
      await #expect(throws: SettingsError.self) { try await sync.initializeMetadata(isPrintOnly: true) },
      await #expect(throws: SettingsError.self) { try await Tune(Self.configuration(wrong.change)).run() },
    ]
    for error in errors {
      #expect(error?.mistakes.map(\.setting) == [wrong.setting])
      #expect(error?.mistakes.map(\.found) == [wrong.found])
    }
  }

  @Test func `all values are told at once, with what they may be`() {
    let configuration = Self.configuration {
      $0.settings.jobs = 0
      $0.settings.bufferBytes = 1
    }
    let error = #expect(throws: SettingsError.self) { try configuration.validate() }
    #expect(
      error?.description == """
        2 settings are out of range; nothing was done.
          - `jobs` takes a whole number from 1, found 0
          - `buffer_bytes` takes a size from 64KiB to 16MiB, such as 256KiB, found 1
        """)
  }

  @Test func `options of a run and of a tune are looked at, too`() async {
    let configuration = Self.configuration { _ in }
    let waiting = await #expect(throws: SettingsError.self) {
      try await Sync(configuration, options: Sync.Options(wait: .seconds(-1))).run()
    }
    #expect(waiting?.mistakes.map(\.setting) == ["wait"])
    let tune = await #expect(throws: SettingsError.self) {
      try await Tune(configuration, options: Tune.Options(budget: .milliseconds(999), mostJobs: 0)).run()
    }
    #expect(tune?.mistakes.map(\.setting) == ["budget", "max_jobs"])
  }

  @Test func `the ends of every range are in it`() throws {
    for least in [true, false] {
      try Self.configuration {
        $0.settings.jobs = 1
        $0.settings.chunkBytes = 64 << 10
        $0.settings.chunkRows = 1
        $0.settings.bufferBytes = least ? 64 << 10 : 16 << 20
        $0.settings.maxRejects = 0
        $0.settings.lockTimeout = least ? .milliseconds(1) : .seconds(86_400)
        $0.settings.connectTimeout = least ? .seconds(2) : .seconds(86_400)
        $0.settings.retries = 0
        $0.settings.stallTimeout = least ? .milliseconds(1) : .seconds(86_400)
        $0.settings.spill = SpillSettings(limit: 0)
        $0.settings.keptRuns = 1
      }.validate()
    }
  }

  @Test func `the reference has every setting in order, with its default`() throws {
    let page = try #require(try DocumentationPage.all().first { $0.path == "docs/reference/configuration.md" })
    let section = page.lines.drop { $0 != "| key | default | option | meaning |" }.dropFirst(2)
    let rows = section.prefix { $0.hasPrefix("|") }.map { $0.split(separator: " | ", omittingEmptySubsequences: false) }
    #expect(rows.map { $0[0].filter { !"|` ".contains($0) } } == Settings.all.map(\.key))
    for (row, setting) in zip(rows, Settings.all) where setting.value(in: RunSettings()) != nil {
      #expect(setting.isStandard(row[1].filter { $0 != "`" }), "\(setting.key)")
    }
  }

  @Test func `the history keeps what explains how fast a run was`() {
    #expect(
      RunSettings().record
        == """
        {"jobs":2,"chunk_bytes":16777216,"buffer_bytes":262144,"copy_format":"binary","retries":5,"key_cache":"off",\
        "spill":"never"}
        """)
    let settings = RunSettings(
      jobs: 1, chunkBytes: 65536, chunkRows: 7, bufferBytes: 65536, copyFormat: .text, maxRejects: 0, retries: 0,
      keyCache: .on, spill: SpillSettings(mode: .always))
    #expect(
      settings.record
        == """
        {"jobs":1,"chunk_bytes":65536,"chunk_rows":7,"buffer_bytes":65536,"copy_format":"text","max_rejects":0,\
        "retries":0,"key_cache":"on","spill":"always"}
        """)
  }
}

extension RunSetting {
  /// Whether the text is the value that a run has where nothing is said.
  func isStandard(_ text: String) -> Bool {
    range.read(text).map { "\($0)" } == value(in: RunSettings()).map { "\($0)" }
  }
}
