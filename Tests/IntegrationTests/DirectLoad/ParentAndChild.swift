import EphemeralPostgres
import PGTide
import Testing

/// Two tables of which one refers to the other, and is large enough to be loaded by itself.
enum ParentAndChild {
  static let source = """
    CREATE TABLE parent AS SELECT g AS id FROM generate_series(1, 20) g;
    CREATE TABLE child AS SELECT g AS id, g % 20 + 1 AS parent, 'no. ' || g AS name, g AS n
      FROM generate_series(1, 2000) g;
    """
  static let target = """
    CREATE TABLE parent (id int PRIMARY KEY, source text);
    CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent, name text, n int, source char(1) DEFAULT 'M',
      created_at timestamptz DEFAULT now(), updated_at timestamp(3));
    """
  static let filledParent = "INSERT INTO parent SELECT g, 'D' FROM generate_series(1, 20) g"

  static func sync(_ scenario: Scenario, _ rule: DirectLoadRule = .auto, jobs: Int = 2) async throws -> SyncReport {
    var configuration = scenario.configuration("parent", "child")
    configuration.settings.directLoad = rule
    configuration.settings.jobs = jobs
    return try await scenario.sync(configuration)
  }
}

/// A direct load of this table was given up, for this reason among others.
func isGivenUp(_ table: TableReport?, _ reason: String) -> Bool {
  table?.isLoadedDirectly == false
    && table?.notices.contains { $0.contains("a direct load was given up") && $0.contains(reason) } == true
}
