import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// What the plan says of lookups, and what it refuses.
  @Suite struct LookupPlanTests {
    struct Case: Sendable, CustomTestStringConvertible {
      let name: String
      var value = LookupTests.lookup()
      var source = LookupTests.source
      var change: @Sendable (inout TableConfiguration) -> Void = { _ in }
      let says: [String]
      var testDescription: String { name }
    }

    static let cases = [
      Case(
        name: "a table that is misspelt", value: LookupTests.lookup("jobhead"),
        says: [
          "no table or view public.jobhead, in which column client_id is looked up", "Did you mean public.jobshead?",
        ]),
      Case(
        name: "a column that is misspelt", value: LookupTests.lookup(by: [("jobid", "job_id")]),
        says: ["public.jobshead on the source has no column jobid", "Did you mean job_id?"]),
      Case(
        name: "the source row's column that is misspelt", value: LookupTests.lookup(by: [("job_id", "job_ids")]),
        says: ["the source row has no column job_ids", "looked up in public.jobshead", "Did you mean job_id?"]),
      Case(
        name: "a value that is misspelt", value: LookupTests.lookup(take: "client"),
        says: ["public.jobshead on the source has no column client", "Correct its name under `take`"]),
      Case(
        name: "types without an equality", source: LookupTests.source + "; ALTER TABLE jobshead ALTER job_id TYPE text",
        says: ["public.jobshead.job_id, which is text, and no equality compares it with job_id, which is integer"]),
      Case(
        name: "a type that has none", value: LookupTests.lookup(by: [("doc", "doc")]),
        source: LookupTests.source + "; ALTER TABLE jobshead ADD doc json; ALTER TABLE jobtasks ADD doc json",
        change: { $0.skip = ["doc"] }, says: ["no equality compares it with doc, which is json"]),
      Case(
        name: "a value that does not turn into the column",
        source: LookupTests.source + "; ALTER TABLE jobshead ALTER client_id TYPE point USING NULL",
        says: [
          "column client_id gets public.jobshead.client_id: point does not turn into integer", "Take another column",
        ]),
    ]

    @Test(arguments: cases) func `what cannot be looked up is refused with what to do`(_ value: Case) async throws {
      try await withScenario(source: value.source, target: LookupTests.target) { scenario async throws in
        let table = LookupTests.tasks(value.value, value.change)
        let refusal = await #expect(throws: PlanRefusal.self) {
          try await scenario.sync(scenario.configuration([table]), options: Sync.Options(isDryRun: true))
        }
        for text in value.says { #expect(refusal?.description.contains(text) == true, "\(refusal?.description ?? "")") }
        #expect(refusal?.problems.allSatisfy { !$0.advice.isEmpty } == true)
      }
    }

    @Test func `the target's name of a table gets the source's name as advice`() async throws {
      let source = Self.renamed
      let target = LookupTests.target + "; CREATE TABLE jobs (job_id int PRIMARY KEY, client_id int, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let jobs = TableConfiguration(
          target: TableName(name: "jobs"), source: .relation(TableName(name: "jobmaster")))
        let refusal = await #expect(throws: PlanRefusal.self) {
          try await scenario.sync(scenario.configuration([jobs, LookupTests.tasks(LookupTests.lookup("jobs"))]))
        }
        #expect(
          refusal?.description.contains(
            "On the source, the table of the target's jobs is public.jobmaster: name that one under `lookup`") == true,
          "\(refusal?.description ?? "")")
      }
    }

    private static let renamed = """
      CREATE TABLE jobmaster (job_id int, client_id int); INSERT INTO jobmaster VALUES (1, 1);
      CREATE TABLE jobtasks (id int, job_id int); INSERT INTO jobtasks VALUES (1, 1)
      """

    @Test func `it takes the right to read the columns of the other table that are used`() async throws {
      try await withScenario(source: LookupTests.source, target: LookupTests.target) { scenario async throws in
        let role = "reader_\(scenario.source.name)"
        try await scenario.source.run(
          """
          ALTER TABLE jobshead ADD secret text; CREATE ROLE \(role) LOGIN; GRANT SELECT ON jobtasks TO \(role);
          GRANT SELECT (job_id) ON jobshead TO \(role)
          """)
        var configuration = scenario.configuration([LookupTests.tasks()])
        configuration.source.connection = scenario.source.connectionString.replacing(#/user=\S+/#, with: "user=\(role)")
        let refusal = await #expect(throws: PlanRefusal.self) { try await scenario.sync(configuration) }
        #expect(
          refusal?.description.contains(#"GRANT SELECT ("client_id") ON "public"."jobshead" TO "\#(role)""#) == true,
          "\(refusal?.description ?? "")")
        try await scenario.source.run("GRANT SELECT (client_id) ON jobshead TO \(role)")
        #expect(try await scenario.sync(configuration).totals.inserted == 2000)
        try await scenario.source.run("DROP OWNED BY \(role); DROP ROLE \(role)")
      }
    }

    @Test func `the plan says where a value comes from`() async throws {
      try await withScenario(source: LookupTests.source, target: LookupTests.target) { scenario async throws in
        let table = LookupTests.tasks(LookupTests.lookup(missing: .null))
        let plan = PlanSummary(try await Sync(scenario.configuration([table])).plan())
        #expect(
          plan.tables[0].columns.map(\.from) == [
            #"src."id""#, #"src."job_id""#,
            "public.jobshead.client_id, looked up by job_id = src.job_id, else NULL", #"src."note""#,
          ])
        let statements = plan.tables[0].sql
        #expect(statements.contains { $0.end == "source" && $0.sql.contains(#"ONLY "public"."jobshead" AS l"#) })
      }
    }
  }
}
