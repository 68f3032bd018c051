import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Every type crosses as it is, whatever the two databases' settings are.
  @Suite struct TypeMatrixTests {
    @Test(arguments: TypeFamily.all, RowFormat.allCases)
    func `values arrive as they are, then nothing is written, and an edit of a value is one update`(
      family: TypeFamily, format: RowFormat
    ) async throws {
      try await Need.skipUnless(family.needs)
      try await withScenario(source: family.source, target: family.target) { scenario async throws in
        try await disturb(scenario)
        let configuration = scenario.configuration(
          family.cases.indices.map { TableConfiguration(target: TableName(name: "t\($0)")) },
          settings: RunSettings(copyFormat: format))

        let first = try await scenario.sync(configuration)
        try await expect(family, scenario, first) { $0.inserted = $1 + 1 }

        let versions = try await versions(family, scenario.target)
        let second = try await scenario.sync(configuration)
        try await expect(family, scenario, second) { $0.unchanged = $1 + 1 }
        // The digests have answered for most of them; the comparison of single rows says the same.
        let compared = try await scenario.sync(configuration.staged)
        try await expect(family, scenario, compared) { $0.unchanged = $1 + 1 }
        #expect(compared.tables.allSatisfy { $0.counts.matched == 0 })
        #expect(try await self.versions(family, scenario.target) == versions)

        try await scenario.source.run(family.edit)
        let third = try await scenario.sync(configuration)
        try await expect(family, scenario, third) { counts, values in
          counts.updated = values
          counts.unchanged = 1
        }

        for database in [scenario.source, scenario.target] {
          try await database.run(#"ALTER DATABASE "\#(database.name)" RESET ALL"#)
        }
      }
    }

    @Test(arguments: TypeFamily.all)
    func `values that go straight into an empty table arrive as they are`(family: TypeFamily) async throws {
      try await Need.skipUnless(family.needs)
      try await withScenario(source: family.source, target: family.target) { scenario async throws in
        try await disturb(scenario)
        var configuration = scenario.configuration(
          family.cases.indices.map { TableConfiguration(target: TableName(name: "t\($0)")) })
        configuration.settings.directLoad = .auto
        let report = try await scenario.sync(configuration)
        try await expect(family, scenario, report) { $0.inserted = $1 + 1 }
        let givenUp = report.tables.filter { table in table.notices.contains { $0.contains("given up") } }
        #expect(givenUp.map(\.table) == [])
        // Values of types of one's own are cast on the target, which is done in the stage.
        let direct = report.tables.filter(\.isLoadedDirectly)
        #expect(!direct.isEmpty || !family.setUp.isEmpty)
        for database in [scenario.source, scenario.target] {
          try await database.run(#"ALTER DATABASE "\#(database.name)" RESET ALL"#)
        }
      }
    }

    /// Gives both databases settings under which values read and look in ways of their own.
    private func disturb(_ scenario: Scenario) async throws {
      let settings = [
        [
          "TimeZone = 'Asia/Kolkata'", "DateStyle = 'SQL, DMY'", "IntervalStyle = 'sql_standard'",
          "extra_float_digits = -15", "bytea_output = 'escape'",
        ],
        [
          "TimeZone = 'America/St_Johns'", "DateStyle = 'German, YMD'", "IntervalStyle = 'iso_8601'",
          "xmloption = 'document'", "array_nulls = off", "standard_conforming_strings = off",
        ],
      ]
      for (database, list) in zip([scenario.source, scenario.target], settings) {
        try await database.run(list.map { #"ALTER DATABASE "\#(database.name)" SET \#($0);"# }.joined())
      }
    }

    /// Each table has these counts, given the number of its values, and looks on the target as on the source.
    private func expect(
      _ family: TypeFamily, _ scenario: Scenario, _ report: SyncReport,
      counts: (inout RowCounts, _ values: Int) -> Void,
      sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
      let sources = try await images(family, scenario.source)
      let targets = try await images(family, scenario.target)
      for (number, value) in family.cases.enumerated() {
        var expected = RowCounts()
        expected.targetOnly = 0
        counts(&expected, value.values.count)
        expected.read = value.values.count + 1
        let table = report.table("t\(number)")
        expected.matched = table?.counts.matched ?? 0
        expected.staged = expected.read - expected.matched
        #expect(table?.error == nil, "\(value.type)", sourceLocation: sourceLocation)
        #expect(table?.counts == expected, "\(value.type)", sourceLocation: sourceLocation)
        // Compared first: a difference of long images would be searched for a long time.
        let isSame = sources[number] == targets[number]
        #expect(isSame, "\(value.type)", sourceLocation: sourceLocation)
      }
    }

    /// The rows of each table as a COPY shows them: in binary, where that means the same on both servers.
    private func images(_ family: TypeFamily, _ database: TestDatabase) async throws -> [[UInt8]] {
      let options = ConnectionOptions(
        label: "images", connectionString: database.connectionString,
        settings: [
          ("TimeZone", "UTC"), ("DateStyle", "ISO, YMD"), ("IntervalStyle", "postgres"), ("extra_float_digits", "3"),
          ("search_path", ""),
        ])
      return try await withConnection(options) { connection in
        var images: [[UInt8]] = []
        for (number, value) in family.cases.enumerated() {
          let format: SQL = value.isPortable ? "binary" : "text"
          let sql: SQL =
            "COPY (SELECT id, v FROM \(QualifiedName("public", "t\(number)")) ORDER BY id) TO STDOUT (FORMAT \(format))"
          let (image, _) = try await connection.copyOut(sql) { reader in
            var image: [UInt8] = []
            let buffer = CopyBuffer(capacity: 1 << 16)
            while let part = try await reader.next(into: buffer, size: 1 << 16) {
              part.withPieces { piece in for index in piece.indices { image.append(piece[index]) } }
            }
            return image
          }
          images.append(image)
        }
        return images
      }
    }

    /// Where each row stands and who wrote it: that changes whenever a row is written, even to itself.
    private func versions(_ family: TypeFamily, _ database: TestDatabase) async throws -> [[String]] {
      let tables = family.cases.indices.map { "SELECT \($0) AS number, id, ctid, xmin FROM t\($0)" }
      return try await database.rows(tables.joined(separator: " UNION ALL ") + " ORDER BY number, id")
    }
  }
}
