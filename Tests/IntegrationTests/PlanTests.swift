import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// What is said before the first row moves.
  @Suite struct PlanTests {
    struct Case: Sendable, CustomTestStringConvertible {
      var name: String
      var source = "CREATE TABLE t (id int, v text)"
      var target = "CREATE TABLE t (id int PRIMARY KEY, v text, source text)"
      var table = TableConfiguration(target: TableName(name: "t"))
      /// What the problem's text must contain.
      var says: [String]

      var testDescription: String { name }
    }

    static func table(_ change: (inout TableConfiguration) -> Void) -> TableConfiguration {
      var table = TableConfiguration(target: TableName(name: "t"))
      change(&table)
      return table
    }

    static let cases = [
      Case(name: "no source table", source: "SELECT 1", says: ["the source has no table or view public.t"]),
      Case(name: "no target table", target: "SELECT 1", says: ["the target has no table public.t"]),
      Case(name: "a view as target", target: "CREATE VIEW t AS SELECT 1 AS id", says: ["not a table"]),
      Case(
        name: "no primary key", target: "CREATE TABLE t (id int, v text, source text)",
        says: ["no primary key", "`key`"]),
      Case(
        name: "no unique index over the key", table: table { $0.key = ["v"] },
        says: ["no unique index", #"CREATE UNIQUE INDEX ON "public"."t" ("v")"#]),
      Case(
        name: "a deferrable key", target: "CREATE TABLE t (id int PRIMARY KEY DEFERRABLE, v text, source text)",
        says: ["is deferrable"]),
      Case(
        name: "a partial unique index",
        target: "CREATE TABLE t (id int, v text, source text); CREATE UNIQUE INDEX ON t (id) WHERE v IS NOT NULL",
        table: table { $0.key = ["id"] }, says: ["is partial"]),
      Case(
        name: "an unknown key column", table: table { $0.key = ["idd"] },
        says: ["no key column idd", "Did you mean id?"]),
      Case(
        name: "a key that the source lacks", source: "CREATE TABLE t (v text)", says: ["key column id gets no value"]),
      Case(
        name: "no marker", target: "CREATE TABLE t (id int PRIMARY KEY, v text)",
        says: ["no marker column source", "origin: none"]),
      Case(
        name: "a column that nothing fills",
        target: "CREATE TABLE t (id int PRIMARY KEY, v text, must int NOT NULL, source text)",
        says: ["column must must not be NULL", "default"]),
      Case(
        name: "types that do not convert", source: "CREATE TABLE t (id int, v point)",
        target: "CREATE TABLE t (id int PRIMARY KEY, v date, source text)",
        says: ["point does not turn into date", "expression"]),
      Case(
        name: "a conversion that would cut unseen", source: "CREATE TABLE t (id int, v timestamp)",
        target: "CREATE TABLE t (id int PRIMARY KEY, v time, source text)", says: ["may lose something", "expression"]),
      Case(
        name: "wrong SQL in where", table: table { $0.filter = "nonsense > 1" },
        says: ["does not take `where`", "nonsense"]),
      Case(
        name: "wrong SQL in an expression",
        table: table { $0.columns = [ColumnMapping(column: "v", value: .expression("lower(src.w)"))] },
        says: ["expression of column v"]),
      Case(
        name: "a wrong query", table: table { $0.source = .query("SELECT * FROM nowhere") },
        says: ["does not take the query"]),
      Case(
        name: "a mapping for an unknown column",
        table: table { $0.columns = [ColumnMapping(column: "vv", value: .renamed("v"))] },
        says: ["the target has no column vv", "Did you mean v?"]),
      Case(
        name: "a renamed column that the source lacks",
        table: table { $0.columns = [ColumnMapping(column: "v", value: .renamed("idx"))] },
        says: ["the source has no column idx", "Did you mean id?"]),
      Case(
        name: "an unknown skipped column", table: table { $0.skip = ["vw"] },
        says: ["neither side has the skipped column vw"]),
      Case(
        name: "a generated column as target",
        target: "CREATE TABLE t (id int PRIMARY KEY, v text GENERATED ALWAYS AS ('x') STORED, source text)",
        table: table { $0.columns = [ColumnMapping(column: "v", value: .renamed("v"))] },
        says: ["computed by the target"]),
      Case(
        name: "an unknown foreign key to ignore", table: table { $0.ignoredReferences = ["nope"] },
        says: ["no foreign key nope"]),
      Case(
        name: "a reference to nowhere",
        table: table { $0.references = [ReferenceConfiguration(columns: ["v"], parent: TableName(name: "gone"))] },
        says: ["no such table on the target"]),
      Case(
        name: "a stamp that is not there", table: table { $0.stamps = StampRule(created: "made") },
        says: ["no stamp column made"]),
    ]

    @Test(arguments: cases)
    func `a plan that cannot work is refused with what to do, and nothing is written`(_ value: Case) async throws {
      try await withScenario(source: value.source, target: value.target) { scenario async throws in
        let refusal = await #expect(throws: PlanRefusal.self) {
          try await scenario.sync(scenario.configuration([value.table]))
        }
        for text in value.says { #expect(refusal?.description.contains(text) == true, "\(refusal?.description ?? "")") }
        #expect(refusal?.problems.allSatisfy { !$0.advice.isEmpty } == true)
        #expect(try await scenario.target.value("SELECT to_regnamespace('pgtide') IS NULL") == "t")
      }
    }

    @Test func `all problems of all tables are told together`() async throws {
      let source = "CREATE TABLE a (id int, v point); CREATE TABLE b (id int)"
      let target = "CREATE TABLE a (id int PRIMARY KEY, v date); CREATE TABLE b (id int, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let refusal = await #expect(throws: PlanRefusal.self) {
          try await scenario.sync(scenario.configuration("a", "b", "c"))
        }
        #expect(refusal?.problems.map(\.table) == ["a", "a", "b", "c"])
      }
    }

    @Test func `a source table that the user may not read is refused`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        let role = "reader_\(scenario.source.name)"
        try await scenario.source.run("CREATE ROLE \(role) LOGIN")
        var configuration = scenario.configuration("people")
        configuration.source.connection = scenario.source.connectionString.replacing(#/user=\S+/#, with: "user=\(role)")
        let refusal = await #expect(throws: PlanRefusal.self) { try await scenario.sync(configuration) }
        #expect(refusal?.description.contains(#"GRANT SELECT ON "public"."people" TO "\#(role)""#) == true)
        try await scenario.source.run("DROP ROLE \(role)")
      }
    }

    @Test func `planning takes as many statements for twelve tables as for two`() async throws {
      let names = (1...12).map { "t\($0)" }
      let source = names.map { "CREATE TABLE \($0) (id int);" }.joined()
      let target = names.map { "CREATE TABLE \($0) (id int PRIMARY KEY, source text);" }.joined()
      try await withScenario(source: source, target: target) { scenario async throws in
        func statements(_ names: [String]) async throws -> Int {
          let traces = TraceCollector()
          let tables = names.map { TableConfiguration(target: TableName(name: $0)) }
          _ = try await Sync(scenario.configuration(tables), options: Sync.Options(tracer: { traces.add($0) })).plan()
          return traces.statements.count
        }
        #expect(try await statements(Array(names.prefix(2))) == statements(names))
      }
    }

    @Test func `a plan changes nothing`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        let plan = try await Sync(scenario.configuration("people")).plan()
        let summary = PlanSummary(plan)
        #expect(summary.tables.map(\.key) == [["id"]])
        #expect(summary.tables[0].origin == "source = D")
        #expect(try await scenario.target.value("SELECT to_regnamespace('pgtide') IS NULL") == "t")
      }
    }

    @Test func `init-metadata prints what it would run, and runs it`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        let sync = Sync(scenario.configuration("people"))
        let script = try await sync.initializeMetadata(isPrintOnly: true)
        #expect(try await scenario.target.value("SELECT to_regnamespace('pgtide') IS NULL") == "t")
        try await scenario.target.run(script.joined(separator: "\n"))
        let rows = "SELECT table_name, sync_status FROM _sync_metadata"
        #expect(try await scenario.target.rows(rows) == [["people", "pending"]])
        _ = try await sync.initializeMetadata(isPrintOnly: false)
        #expect(try await scenario.target.rows(rows) == [["people", "pending"]])
        #expect(try await scenario.sync(scenario.configuration("people")).outcome == .success)
      }
    }
  }
}
