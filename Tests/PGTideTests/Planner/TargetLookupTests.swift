import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PostgresValues

/// What is decided for columns whose values stand in another table of the target.
@Suite struct TargetLookupTests {
  @Test func `it lands behind the table that it looks into, also without a foreign key, and is not compared by digest`()
    throws
  {
    let plan = try SampleLookups.servers(key: []).plan(SampleLookups.steps(), SampleLookups.tasks)
    #expect(plan.tables.map(\.label) == ["tasks", "steps"])
    #expect(plan.groups[1].parents == [0])
    let steps = plan.tables[1]
    #expect(steps.digest.reasonForReading == "column task_id is looked up on the target")
    #expect(steps.direct.reasonForStage == "column task_id is looked up on the target")
    #expect(steps.keyCache == nil)
  }

  @Test func `the source sends what it is looked up by, each once, and NULL for the value`() throws {
    let steps = try SampleLookups.plan.table
    #expect(
      steps.stage.columns.map { "\($0.name): \($0.select.text)" } == [
        #"id: src."id""#, "task_id: NULL::integer", #"v: src."v""#, #"pgtide by 1: src."job""#,
        #"pgtide by 2: src."task""#, "pgtide target lookup: NULL::pg_catalog.text",
      ])
    #expect(steps.byColumns == ["pgtide by 1": "job", "pgtide by 2": "task"])
    // A column that travels anyway is not sent twice.
    let byValue = try SampleLookups.servers().plan(
      SampleLookups.steps(SampleLookups.lookup(by: [("title", "v"), ("job", "id")])), SampleLookups.tasks)
    #expect(byValue.tables[1].byColumns.isEmpty)
  }

  @Test func `rows that are staged are compared when what they look into has landed`() throws {
    let (plan, _) = try SampleLookups.plan
    #expect(WorkGraph(plan).looksUp == [false, true])
    // Without the other table in the run, it is looked into as it stands.
    let alone = try SampleLookups.servers().plan(SampleLookups.steps())
    #expect(WorkGraph(alone).looksUp == [false])
    #expect(alone.lookupsOfOneTransaction.isEmpty)
  }

  @Test(arguments: [
    (SampleLookups.lookup("task"), "the target has no table public.task, in which column task_id is looked up"),
    (SampleLookups.lookup("steps"), "column task_id is looked up in the table itself, whose rows land all at once"),
    (
      SampleLookups.lookup(by: [("jobb", "job")]),
      "public.tasks on the target has no column jobb, by which column task_id is looked up"
    ),
    (
      SampleLookups.lookup(by: [("job", "jobb")]),
      "the source row has no column jobb, by which column task_id is looked up in public.tasks"
    ),
    (
      SampleLookups.lookup(by: [("title", "job")]),
      "column task_id is looked up by public.tasks.title, which is text, and no equality compares it with job, which is "
        + "bigint on the source"
    ),
    (
      SampleLookups.lookup(take: "nr"),
      "public.tasks on the target has no column nr, which column task_id takes"
    ),
    (
      SampleLookups.lookup(take: "title"),
      "column task_id gets public.tasks.title: text does not turn into integer by assignment"
    ),
  ])
  func `what cannot be looked up is refused`(lookup: ColumnMapping, problem: String) throws {
    let refusal = #expect(throws: PlanRefusal.self) {
      try SampleLookups.servers().plan(SampleLookups.steps(lookup), SampleLookups.tasks)
    }
    #expect(refusal?.problems.map(\.problem) == [problem])
    #expect(refusal?.problems.first?.advice.isEmpty == false)
  }

  @Test func `rows that are hidden, and a view, are refused`() throws {
    var servers = SampleLookups.servers { $0.hidesRows = true }
    var refusal = #expect(throws: PlanRefusal.self) { try servers.plan(SampleLookups.steps()) }
    #expect(refusal?.problems.first?.problem.contains("would hide rows of public.tasks") == true)
    servers = SampleLookups.servers()
    servers.target(.sample("tasks", [.key("id", .integer)], kind: .view))
    refusal = #expect(throws: PlanRefusal.self) { try servers.plan(SampleLookups.steps()) }
    #expect(refusal?.problems.first?.problem.contains("which is not a table, but a view") == true)
  }

  @Test func `tables that land together cannot look each other's rows up, nor can those of one transaction`() throws {
    let tasks = TableConfiguration("tasks") {
      $0.key = ["job", "title"]
      $0.references = [ReferenceConfiguration(columns: ["job"], parent: TableName(name: "steps"))]
    }
    let refusal = #expect(throws: PlanRefusal.self) {
      try SampleLookups.servers(key: [.sample("task_id", to: "tasks", isDeferrable: true)])
        .plan(SampleLookups.steps(), tasks)
    }
    #expect(
      refusal?.problems.map(\.problem) == [
        "column task_id is looked up in public.tasks on the target, which cannot land before it: the tables public.steps, "
          + "public.tasks refer to each other, and land together"
      ])
    #expect(
      try SampleLookups.plan.plan.lookupsOfOneTransaction.map(\.problem) == [
        "with --atomic, column task_id cannot be looked up in public.tasks on the target, which lands in the same transaction"
      ])
  }

  // MARK: - Keys of the source's own

  @Test func `a number that the target makes anew is translated by the columns by which its rows are matched`() throws {
    let (servers, tables) = SampleLookups.numbered()
    let steps = try servers.plan(tables[0], tables[1]).tables[1]
    #expect(steps.source.lookups.map(\.take) == ["job", "name"])
    #expect(
      steps.targetLookups.map(\.summary) == [
        "public.tasks.id on the target, looked up by job = job and title = name, which public.tasks on the source has where id = "
          + "src.task_id"
      ])
    let columns = steps.stage.columns.filter { $0.name.name.hasPrefix("pgtide") }
    #expect(
      columns.dropFirst().map { "\($0.name): \($0.select.text)" } == [
        #"pgtide by 1: "pgtide lookup 1"."pgtide value""#, #"pgtide by 2: "pgtide lookup 2"."pgtide value""#,
        #"pgtide by 3: src."task_id""#, #"pgtide translated 1: "pgtide lookup 1"."pgtide found""#,
        "pgtide target lookup: NULL::pg_catalog.text",
      ])
    // NULL is a value like others, and whole numbers of two types are compared as numbers.
    let fill = try #require(TargetLookupSQL(steps)).fill.text
    #expect(fill.contains(#"ARRAY["pgtide lookup 1"."pgtide key 1"::numeric]"#))
    #expect(fill.contains(#"AND src."pgtide translated 1""#))
  }

  @Test func `a partition has the key, and lands, with the table that it belongs to`() throws {
    for (looked, entry) in [("tasks_1", "tasks"), ("tasks", "tasks_1")] {
      let paired = TableConfiguration(entry) {
        $0.source = .relation(TableName(name: "tasks"))
        $0.pairing = .generated(match: ["job", "title"])
        $0.columns = [ColumnMapping(column: "title", value: .renamed("name"))]
      }
      var (servers, _) = SampleLookups.numbered()
      let columns: [ColumnFacts] = [
        .key("id", .integer, identity: .byDefault), .column("job", .integer), .column("title", .text),
      ]
      servers.target(.sample("tasks", columns) { $0.kin = [QualifiedName("public", "tasks_1")] })
      servers.target(.sample("tasks_1", columns, oid: 16_600) { $0.kin = [QualifiedName("public", "tasks")] })
      let steps = SampleLookups.steps(SampleLookups.lookup(looked, by: [("id", "task_id")]))
      let plan = try servers.plan(steps, paired)
      #expect(plan.tables.map(\.label) == [entry, "steps"])
      #expect(plan.tables[1].targetLookups[0].translation?.relation == QualifiedName("public", "tasks"))
    }
  }

  @Test func `what does not tell its rows apart on both ends translates nothing`() throws {
    var (servers, tables) = SampleLookups.numbered(
      TableConfiguration("tasks") {
        $0.pairing = .generated(match: [])
        $0.columns = [ColumnMapping(column: "title", value: .renamed("name"))]
      })
    var refusal = #expect(throws: PlanRefusal.self) { try servers.plan(tables[0], tables[1]) }
    #expect(
      refusal?.problems.contains { $0.problem.contains("which only the target makes, and nothing tells") } == true)
    (servers, tables) = SampleLookups.numbered(
      TableConfiguration("tasks") {
        $0.pairing = .generated(match: ["job", "title"])
        $0.columns = [ColumnMapping(column: "title", value: .constant("x"))]
      })
    refusal = #expect(throws: PlanRefusal.self) { try servers.plan(tables[0], tables[1]) }
    #expect(
      refusal?.problems.contains { $0.problem.contains("whose rows are matched by title, which is no column of") }
        == true)
  }

  @Test func `a number that is copied is looked up as it is`() throws {
    let (servers, tables) = SampleLookups.numbered(
      TableConfiguration("tasks") {
        $0.key = ["id"]
        $0.columns = [ColumnMapping(column: "title", value: .renamed("name"))]
      })
    let steps = try servers.plan(tables[0], tables[1]).tables[1]
    #expect(steps.source.lookups.isEmpty)
    #expect(steps.targetLookups[0].translation == nil)
  }
}
