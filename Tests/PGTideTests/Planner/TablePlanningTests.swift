import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// What is decided for one table, from what two servers say.
@Suite struct TablePlanningTests {
  private static let columns: [ColumnFacts] = [.key("id", .integer), .column("name", .text)]

  private func servers(
    source: [ColumnFacts] = columns, target: [ColumnFacts] = columns, rows: Int? = nil,
    _ change: (inout TableFacts) -> Void = { _ in }
  ) -> SampleServers {
    var servers = SampleServers()
    servers.configuration.origin = .allRowsAreOurs
    servers.source(.sample("t", source, rows: 400))
    servers.target(.sample("t", target, rows: rows, change))
    return servers
  }

  private func plan(
    _ servers: SampleServers, _ change: (inout TableConfiguration) -> Void = { _ in }
  ) throws -> TablePlan {
    var planning = try servers.planning(TableConfiguration("t", change))
    let plan = planning.plan()
    #expect(planning.problems.isEmpty, "\(planning.problems)")
    return try #require(plan)
  }

  private func problems(
    _ servers: SampleServers, _ change: (inout TableConfiguration) -> Void = { _ in }
  ) throws -> [String] {
    var planning = try servers.planning(TableConfiguration("t", change))
    #expect(planning.plan() == nil)
    return planning.problems.map(\.problem)
  }

  // MARK: - Columns

  @Test func `columns are matched by name, in the target's order`() throws {
    let plan = try plan(servers(source: [.column("name", .text), .key("id", .integer), .column("more", .text)]))
    #expect(plan.columns.map(\.name) == ["id", "name"])
    #expect(plan.columns.map { $0.staged?.select.text } == [#"src."id""#, #"src."name""#])
    #expect(plan.notices == ["not on the target, so not copied: more"])
  }

  @Test func `a renamed column, an expression and a constant come from where the configuration says`() throws {
    var servers = servers(
      source: [.key("id", .integer), .column("title", .text)],
      target: Self.columns + [.column("length", .integer), .column("land", .text)])
    servers.described[.expression(TableName(name: "t"), column: "length")] = [("length", .integer)]
    let plan = try plan(servers) {
      $0.columns = [
        ColumnMapping(column: "name", value: .renamed("title")),
        ColumnMapping(column: "length", value: .expression("1 + 1")),
        ColumnMapping(column: "land", value: .constant("DE")),
      ]
    }
    #expect(plan.columns.map { $0.staged?.select.text } == [#"src."id""#, #"src."title""#, "(1 + 1\n)", nil])
    #expect(plan.columns[3].value.values == ["DE"])
    #expect(plan.stage.columns.map(\.name) == ["id", "name", "length"])
  }

  @Test func `what the target computes, and what is skipped, is left alone`() throws {
    let target = Self.columns + [.column("words", .integer, isGenerated: true), .column("note", .text)]
    let plan = try plan(
      servers(source: Self.columns + [.column("words", .integer), .column("note", .text)], target: target)
    ) {
      $0.skip = ["note"]
    }
    #expect(plan.columns.map(\.name) == ["id", "name"])
    #expect(plan.notices.isEmpty)
  }

  @Test func `marker and stamps are written by us, and not copied`() throws {
    let own = [ColumnFacts.marker] + ColumnFacts.stamps
    var servers = servers(source: Self.columns + own, target: Self.columns + own)
    servers.configuration.origin = .marker(column: "source", ours: "D")
    servers.configuration.stamps = StampRule(created: "created_at", updated: "updated_at")
    let plan = try plan(servers)
    #expect(plan.columns.map(\.name) == ["id", "name"])
    #expect(plan.origin?.column == "source")
    #expect([plan.createdStamp, plan.updatedStamp] == ["created_at", "updated_at"])
    // One has its time by default.
    #expect(plan.direct.stamps.map(\.name) == ["updated_at"])
    #expect(plan.direct.defaultStamps == ["created_at"])
  }

  @Test func `a column that nothing fills must be able to do without`() throws {
    let demanding = Self.columns + [.column("must", .integer, isNotNull: true)]
    #expect(try problems(servers(target: demanding)).contains { $0.hasPrefix("column must must not be NULL") })
    _ = try plan(servers(target: Self.columns + [.column("may", .integer)]))
  }

  @Test func `an identity that is always generated is given its values by an INSERT, and cannot be updated`() throws {
    let plan = try plan(servers(target: [.key("id", .integer, identity: .always), .column("name", .text)]))
    #expect(plan.overridesIdentity)
    let columns: [ColumnFacts] = [.key("id", .integer), .column("name", .text), .column("n", .integer)]
    let target: [ColumnFacts] = [
      .key("id", .integer), .column("name", .text), .column("n", .integer, identity: .always),
    ]
    #expect(
      try problems(servers(source: columns, target: target)) == [
        "column n is GENERATED ALWAYS AS IDENTITY on the target, which no UPDATE can set"
      ])
  }

  @Test func `a cast that is refused is the column's problem`() throws {
    let problems = try problems(
      servers(
        source: [.key("id", .integer), .column("name", .text)], target: [.key("id", .integer), .column("name", .date)]))
    #expect(problems == ["column name: text does not turn into date by assignment"])
  }

  // MARK: - Key

  @Test func `the primary key identifies rows, and is not set where its values have one form`() throws {
    let plan = try plan(servers())
    #expect(plan.key.columns.map(\.name) == ["id"])
    #expect(plan.key.index == "t_pkey")
    #expect(plan.setColumns.map(\.name) == ["name"])
  }

  @Test func `a key of texts may look otherwise, and is set`() throws {
    let columns: [ColumnFacts] = [.key("id", .text), .column("name", .text)]
    #expect(try plan(servers(source: columns, target: columns)).setColumns.map(\.name) == ["id", "name"])
  }

  @Test func `of two unique indexes the one that can arbitrate is taken`() throws {
    func index(_ name: String, isPartial: Bool) -> UniqueIndex {
      UniqueIndex(
        name: Identifier(name), columns: ["name"], equality: ["OPERATOR(pg_catalog.=)"], isPrimary: false,
        isImmediate: true, isPartial: isPartial, isValid: true)
    }
    let both = servers { $0.uniqueIndexes += [index("partial", isPartial: true), index("whole", isPartial: false)] }
    #expect(try plan(both) { $0.key = ["name"] }.key.index == "whole")
    let one = servers { $0.uniqueIndexes += [index("partial", isPartial: true)] }
    #expect(try problems(one) { $0.key = ["name"] } == ["its key's unique index partial is partial"])
  }

  @Test func `a key column of ours that may be NULL keeps rows from being matched`() throws {
    let columns: [ColumnFacts] = [.column("id", .integer), .column("name", .text)]
    let servers = servers(source: columns, target: columns) { table in
      table.uniqueIndexes = [
        UniqueIndex(
          name: "u", columns: ["id"], equality: ["OPERATOR(pg_catalog.=)"], isPrimary: false, isImmediate: true,
          isPartial: false, isValid: true)
      ]
    }
    let plan = try plan(servers) { $0.key = ["id"] }
    #expect(plan.isMatchable.map(\.text) == [#"t."id" IS NOT NULL"#])
    #expect(plan.direct.reasonForStage == "the key column id may be NULL")
  }

  // MARK: - References

  @Test func `a foreign key is looked for before the merge, and holds for rows that stand there`() throws {
    let plan = try plan(servers { $0.foreignKeys = [.sample("id", to: "parents")] })
    #expect(plan.references.map(\.name) == ["id_fkey"])
    #expect(plan.references[0].isChecked)
    #expect(plan.references[0].isEnforced)
  }

  @Test func `one that is NOT VALID holds for no row`() throws {
    let plan = try plan(servers { $0.foreignKeys = [.sample("id", to: "parents", isValidated: false)] })
    #expect(!plan.references[0].isEnforced)
    #expect(plan.digest.reasonForReading == nil)
    #expect(
      DigestSQL(table: plan, place: 0).whole(.target).text.contains(
        #"t."id" IS NOT NULL AND NOT EXISTS (SELECT FROM ONLY "public"."parents" p WHERE p."id" OPERATOR"#))
  }

  @Test func `one that is to be ignored is not looked for, and orders the tables all the same`() throws {
    let servers = servers { $0.foreignKeys = [.sample("id", to: "parents")] }
    let plan = try plan(servers) { $0.ignoredReferences = ["id_fkey"] }
    #expect(plan.references[0].reasonUnchecked == "as configured")
    #expect(plan.integrity.reasonForTriggers == "the foreign key id_fkey is not looked for")
    #expect(try problems(servers) { $0.ignoredReferences = ["id_fkyy"] } == ["it has no foreign key id_fkyy to ignore"])
  }

  @Test func `a rule of the configuration is looked for by the operators of the parent's key`() throws {
    var servers = servers()
    servers.target(.sample("parents", [.key("id", .integer)], oid: 16_500))
    let plan = try plan(servers) {
      $0.references = [ReferenceConfiguration(columns: ["id"], parent: TableName(name: "parents"))]
    }
    #expect(plan.references.map(\.name) == ["id to parents"])
    #expect(!plan.references[0].isForeignKey)
    #expect(plan.references[0].parentColumns == ["id"])
    #expect(plan.direct.reasonForStage == "the reference id to parents is no foreign key")
  }

  // MARK: - Ways in

  @Test func `an empty table is loaded directly, one that nothing stands in the way of`() throws {
    let plan = try plan(servers())
    #expect(plan.direct.reasonForStage == nil)
    #expect(plan.direct.seemsEmpty)
    #expect(plan.isSentAsArrays)
    #expect(try !self.plan(servers(rows: 400)).direct.seemsEmpty)
  }

  @Test(arguments: [
    (#"a trigger of the table may write to it"#, 0), ("rows may move between partitions", 1),
    ("not every value may fit column name", 2), ("column land is a constant", 3), ("as configured", 4),
  ])
  func `why a table's rows go through the stage`(reason: String, number: Int) throws {
    var servers = servers()
    var change: (inout TableConfiguration) -> Void = { _ in }
    switch number {
    case 0:
      servers = self.servers {
        $0.hasTriggers = true
        $0.hasInsertTriggers = true
      }
    case 1: servers.target(.sample("t", Self.columns, kind: .partitioned))
    case 2: servers.target(.sample("t", [.key("id", .integer), .column("name", .varchar(5))]))
    case 3:
      servers.target(.sample("t", Self.columns + [.column("land", .text)]))
      change = { $0.columns = [ColumnMapping(column: "land", value: .constant("DE"))] }
    default: servers.configuration.settings.directLoad = .never
    }
    #expect(try plan(servers, change).direct.reasonForStage == reason)
  }

  @Test func `foreign keys are proved in sets, where triggers can be left out`() throws {
    var servers = servers { $0.foreignKeys = [.sample("id", to: "parents")] }
    #expect(try plan(servers).integrity.reasonForTriggers == nil)
    servers.triggerObstacle = "pgtide may not set session_replication_role"
    #expect(try plan(servers).integrity.reasonForTriggers == "pgtide may not set session_replication_role")
    servers.integrity[QualifiedName("public", "t")] = IntegrityFacts(obstacles: ["the trigger spy"], foreignKeys: ["1"])
    #expect(try plan(servers).integrity.reasonForTriggers == "the trigger spy")
    servers.configuration.settings.integrity = .triggers
    #expect(try plan(servers).integrity.reasonForTriggers == "as configured")
  }

  @Test func `a digest needs values that both ends hash alike`() throws {
    #expect(try plan(servers()).digest.reasonForReading == nil)
    var other = servers()
    other.targetServer.digestCheck = "2"
    #expect(try plan(other).digest.reasonForReading == "the two servers do not make the same hash of the same values")
    var old = servers()
    old.sourceServer = SampleServers.server(version: 130_000)
    #expect(try plan(old).digest.reasonForReading == "it takes version 14 on both ends")
    let domain = servers(target: [.key("id", .integer), .column("name", TypeFacts.text.domain("label"))])
    #expect(try plan(domain).digest.reasonForReading == "column name is of a domain")
    let cast = servers(
      source: [.key("id", .integer), .column("name", .bigint)],
      target: [.key("id", .integer), .column("name", .integer)])
    #expect(try plan(cast).digest.reasonForReading == "column name is cast on the target")
  }

  @Test func `a query is read as one stream, and by no digest`() throws {
    var servers = servers()
    servers.described[.query(TableName(name: "t"))] = [("id", .integer), ("name", .text)]
    let plan = try plan(servers) { $0.source = .query("SELECT 1 AS id, 'x' AS name") }
    #expect(plan.source.oneStreamBecause == "it is a query")
    #expect(plan.chunks.map(\.isCutOnTheWay) == [true])
    #expect(plan.digest.reasonForReading == "a view or a query may answer in another way each time")
  }

  @Test func `rows that the history knew to be filled are missed`() throws {
    var servers = servers(target: Self.columns + [.column("gone", .text)])
    servers.pasts["t"] = TablePast(rowsRead: 400, filled: ["id", "name", "gone"])
    let plan = try plan(servers)
    #expect(plan.past.lost == ["gone"])
    #expect(plan.warnings.count == 1)
  }

  @Test func `keys are asked for where a row has more than what decides`() throws {
    var servers = servers(
      source: Self.columns + [.column("team", .integer)], target: Self.columns + [.column("team", .integer)]
    ) {
      $0.foreignKeys = [.sample("team", to: "teams")]
    }
    servers.configuration.settings.keyCache = .on
    let plan = try plan(servers)
    #expect(plan.keyCache?.deciding == [0, 2])
    #expect(plan.keyCache?.references.map(\.field) == [2])
    #expect(plan.stage.takesShortRows)
    #expect(try self.plan(servers) { $0.duplicates = .first(by: "src.id") }.keyCache != nil)
  }
}

/// What only all tables together show.
@Suite struct PlanningTests {
  private let columns: [ColumnFacts] = [.key("id", .integer), .column("other", .integer)]

  private func servers(_ keys: [String: ForeignKey]) -> SampleServers {
    var servers = SampleServers()
    servers.configuration.origin = .allRowsAreOurs
    for (place, name) in ["a", "b"].enumerated() {
      servers.source(.sample(name, columns))
      servers.target(
        .sample(name, columns, oid: 16_400 + UInt32(place)) { $0.foreignKeys = [keys[name]].compactMap(\.self) })
    }
    return servers
  }

  @Test func `parents come before the tables that refer to them`() throws {
    let plan = try servers(["a": .sample("other", to: "b")]).plan(TableConfiguration("a"), TableConfiguration("b"))
    #expect(plan.tables.map(\.label) == ["b", "a"])
    #expect(plan.groups.map(\.tables.count) == [1, 1])
  }

  @Test func `tables that refer to each other merge together, if their keys can wait`() throws {
    let keys = ["a": "b", "b": "a"].mapValues { ForeignKey.sample("other", to: $0, isDeferrable: true) }
    let plan = try servers(keys).plan(TableConfiguration("a"), TableConfiguration("b"))
    #expect(plan.groups.map(\.tables.count) == [2])
    let strict = servers(["a": "b", "b": "a"].mapValues { ForeignKey.sample("other", to: $0) })
    let refusal = #expect(throws: PlanRefusal.self) {
      try strict.plan(TableConfiguration("a"), TableConfiguration("b"))
    }
    #expect(refusal?.problems.count == 2)
    #expect(refusal?.problems.allSatisfy { $0.advice.contains("DEFERRABLE") } == true)
  }

  @Test func `two entries for one table are refused`() throws {
    let refusal = #expect(throws: PlanRefusal.self) {
      try servers([:]).plan(TableConfiguration("a"), TableConfiguration("a"))
    }
    #expect(refusal?.problems.map(\.problem) == ["2 entries of the configuration write to this table"])
  }

  @Test func `a target that takes no writes is refused`() throws {
    var servers = servers([:])
    servers.targetServer.isReadOnly = true
    let refusal = #expect(throws: PlanRefusal.self) { try servers.plan(TableConfiguration("a")) }
    #expect(refusal?.problems.first?.problem.contains("read-only") == true)
  }
}
