import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Foreign keys that stand on partitions alone, or refer to one.
  @Suite struct PartitionKeyTests {
    private static let source = """
      CREATE TABLE lease AS SELECT g AS id FROM generate_series(1, 2000) g;
      CREATE TABLE charge AS SELECT g AS id, g % 2 AS part, g AS lease FROM generate_series(1, 2000) g;
      INSERT INTO charge VALUES (2001, 0, 9999), (2003, 1, 9999);
      """
    private static let target = """
      CREATE TABLE lease (id int PRIMARY KEY);
      CREATE TABLE charge (id int, part int, lease int, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
      CREATE TABLE charge_0 PARTITION OF charge FOR VALUES IN (0); CREATE TABLE charge_1 PARTITION OF charge FOR VALUES IN (1);
      """
    private static let missing = RejectReason.missingParent.words

    private func sync(_ scenario: Scenario, isAtomic: Bool, tables: String...) async throws -> SyncReport {
      var configuration = scenario.configuration(tables.map { TableConfiguration(target: TableName(name: $0)) })
      configuration.origin = .allRowsAreOurs
      configuration.settings.directLoad = .auto
      return try await scenario.sync(configuration, options: Sync.Options(isAtomic: isAtomic))
    }

    @Test(arguments: [false, true]) func `a key that every partition has is the table's`(isAtomic: Bool) async throws {
      let keys = """
        ALTER TABLE charge_0 ADD FOREIGN KEY (lease) REFERENCES lease; ALTER TABLE charge_1 ADD FOREIGN KEY (lease) REFERENCES lease;
        """
      try await withScenario(source: Self.source, target: Self.target + keys) { scenario async throws in
        let report = try await sync(scenario, isAtomic: isAtomic, tables: "charge", "lease")
        #expect(report.totals.inserted == 4000)
        #expect(report.table("charge")?.rejectReasons == [Self.missing: 2])
        #expect(report.table("charge")?.retries == 0)
      }
    }

    @Test(arguments: [false, true]) func `a key that one partition has holds for its rows alone`(
      isAtomic: Bool
    ) async throws {
      let key = "ALTER TABLE charge_0 ADD FOREIGN KEY (lease) REFERENCES lease"
      try await withScenario(source: Self.source, target: Self.target + key) { scenario async throws in
        let report = try await sync(scenario, isAtomic: isAtomic, tables: "charge", "lease")
        #expect(report.totals.inserted == 4001)
        #expect(report.table("charge")?.rejectReasons == [Self.missing: 1])
        #expect(try await scenario.target.value("SELECT row_key ->> 'id' FROM pgtide.rejects") == "2001")
        #expect(try await scenario.target.value("SELECT count(*) FROM charge WHERE lease = 9999") == "1")
      }
    }

    @Test(arguments: [false, true]) func `a key that refers to a partition waits for the whole table`(
      isAtomic: Bool
    ) async throws {
      let source = """
        CREATE TABLE lease AS SELECT g AS id FROM generate_series(1, 3000) g;
        CREATE TABLE charge AS SELECT g AS id, g % 1000 + 1 AS lease FROM generate_series(1, 2000) g;
        INSERT INTO charge VALUES (2001, 2500);
        """
      let target = """
        CREATE TABLE lease (id int PRIMARY KEY) PARTITION BY RANGE (id);
        CREATE TABLE lease_0 PARTITION OF lease FOR VALUES FROM (0) TO (2000) PARTITION BY RANGE (id);
        CREATE TABLE lease_00 PARTITION OF lease_0 FOR VALUES FROM (0) TO (2000);
        CREATE TABLE lease_1 PARTITION OF lease FOR VALUES FROM (2000) TO (4000);
        CREATE TABLE charge (id int PRIMARY KEY, lease int REFERENCES lease_0);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await sync(scenario, isAtomic: isAtomic, tables: "charge", "lease")
        #expect(report.totals.inserted == 5000)
        #expect(report.table("charge")?.rejectReasons == [Self.missing: 1])
      }
    }
  }
}
