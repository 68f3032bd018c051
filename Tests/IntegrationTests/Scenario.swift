import EphemeralPostgres
import PGTide
import Postgres
import PracticeData
import Synchronization
import Testing

/// A sync between two databases of a test, in as few words as the test allows.
struct Scenario: Sendable {
  let source: TestDatabase
  let target: TestDatabase

  /// A small office table and its app's twin, with a marker and stamps.
  static let people = """
    CREATE TABLE people (id int, name text);
    INSERT INTO people VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Cid');
    """
  static let appPeople = """
    CREATE TABLE people (id int PRIMARY KEY, name text, source char(1) DEFAULT 'M',
      created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
    """

  /// Makes every write to `table` fail as if the server lacked something, which is no row's fault.
  static func failing(_ table: String) -> String {
    """
    CREATE FUNCTION fail_\(table)() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE 'no room for \(table)' USING ERRCODE = 'disk_full'; END $$;
    CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON \(table) EXECUTE FUNCTION fail_\(table)();
    """
  }

  /// A sync of `tables` with the practice data's origin rule and stamps.
  ///
  /// With the settings that users run by default: a test that is about the stage, or the comparison of single rows, says so
  /// (``RunSettings/staged``).
  func configuration(_ tables: [TableConfiguration], settings: RunSettings = RunSettings()) -> SyncConfiguration {
    SyncConfiguration(
      source: EndConfiguration(connection: source.connectionString),
      target: EndConfiguration(connection: target.connectionString),
      origin: .marker(column: "source", ours: "D"), stamps: StampRule(created: "created_at", updated: "updated_at"),
      settings: settings, tables: tables)
  }

  func configuration(_ tables: String...) -> SyncConfiguration {
    configuration(tables.map { TableConfiguration(target: TableName(name: $0)) })
  }

  /// The practice data's own file.
  func practice() throws -> SyncConfiguration {
    try ConfigurationFile.parse(
      PracticeData.configuration(source: source.connectionString, target: target.connectionString), environment: [:])
  }

  /// Runs it, and makes sure that every statement of it names everything in full.
  @discardableResult
  func sync(
    _ configuration: SyncConfiguration, options: Sync.Options = Sync.Options(),
    location: SourceLocation = #_sourceLocation, observer: @escaping SyncObserver = { _ in }
  ) async throws -> SyncReport {
    let names = FullNames(configuration)
    var options = options
    options.tracer = names.tracer(passingTo: options.tracer)
    defer { names.record(location) }
    return try await Sync(configuration, options: options, observer: observer).run()
  }
}

extension RunSettings {
  /// Every row goes through the stage and is compared by itself.
  static let staged = RunSettings(directLoad: .never, digest: .never)
}

extension SyncConfiguration {
  /// The same, with every row through the stage and compared by itself.
  var staged: SyncConfiguration {
    var staged = self
    staged.settings.directLoad = .never
    staged.settings.digest = .never
    return staged
  }
}

extension SyncReport {
  func table(_ name: String) -> TableReport? { tables.first { $0.table == name } }
}

extension TestDatabase {
  /// Waits until a query answers `expected`.
  ///
  /// Throws after a minute: what a test waits for comes soon, or never.
  func wait(for expected: String, from query: String) async throws {
    let end = ContinuousClock.now.advanced(by: .seconds(60))
    while try await value(query) != expected {
      guard ContinuousClock.now < end else { throw WaitedTooLong(query: query, expected: expected) }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  struct WaitedTooLong: Error {
    var query: String
    var expected: String
  }

  /// Sessions of pgtide that wait for a lock.
  static let waitingForLock = """
    SELECT count(*) > 0 FROM pg_stat_activity
    WHERE application_name LIKE 'pgtide%' AND datname = current_database() AND wait_event_type = 'Lock'
    """
}

/// Runs `body` on two fresh databases that have been given these scripts.
@discardableResult
func withScenario<R: Sendable>(
  source: String, target: String, _ body: (Scenario) async throws -> R
) async throws -> R {
  try await withDatabases { sourceDatabase, targetDatabase in
    try await sourceDatabase.run(source)
    try await targetDatabase.run(target)
    return try await body(Scenario(source: sourceDatabase, target: targetDatabase))
  }
}

/// Holds a task that an observer starts or cancels, at most one.
final class TaskSlot<Success: Sendable>: Sendable {
  private let slot = Mutex<Task<Success, any Error>?>(nil)

  /// Starts `body` unless that has been done.
  @discardableResult
  func start(_ body: @escaping @Sendable () async throws -> Success) -> Task<Success, any Error> {
    slot.withLock { task in
      if let task { return task }
      let started = Task { try await body() }
      task = started
      return started
    }
  }

  func cancel() { slot.withLock(\.self)?.cancel() }

  /// The task's result; `nil` if it was never started.
  var value: Success? { get async throws { try await slot.withLock(\.self)?.value } }
}
