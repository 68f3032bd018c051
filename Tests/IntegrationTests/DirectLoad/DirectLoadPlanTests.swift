import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// What keeps a table from being loaded directly.
  @Suite struct DirectLoadPlanTests {
    struct Reason: Sendable, CustomTestStringConvertible {
      var name: String
      var source = ""
      var target = ""
      var change: @Sendable (inout TableConfiguration) -> Void = { _ in }
      var testDescription: String { name }
    }

    static let reasons: [Reason] = [
      Reason(name: "not every value may fit column name", target: "ALTER TABLE child ALTER name TYPE varchar(20)"),
      Reason(
        name: "column name is cast on the target",
        target: "CREATE DOMAIN word AS text; ALTER TABLE child ALTER name TYPE word"),
      Reason(name: "column name is a constant") {
        $0.columns = [ColumnMapping(column: "name", value: .constant("x"))]
      },
      Reason(
        name: "the key column id may be NULL",
        target: "ALTER TABLE child DROP CONSTRAINT child_pkey, ADD UNIQUE (id), ALTER id DROP NOT NULL"
      ) { $0.key = ["id"] },
      Reason(name: "`duplicates` picks one row of a key") { $0.duplicates = .last(by: "src.id") },
      Reason(name: "the foreign key child_parent_fkey is not looked for") {
        $0.ignoredReferences = ["child_parent_fkey"]
      },
      Reason(
        name: "a trigger of the table may write to it",
        target: """
          CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
          CREATE TRIGGER note AFTER INSERT ON child FOR EACH ROW EXECUTE FUNCTION note();
          """),
      Reason(
        name: "the marker or a stamp is of a type of its own",
        target: "CREATE DOMAIN mark AS text; ALTER TABLE child ALTER source DROP DEFAULT, ALTER source TYPE mark"),
      Reason(
        name: "it is not empty",
        target: "\(ParentAndChild.filledParent); INSERT INTO child VALUES (1, 1); ANALYZE child"),
    ]

    @Test(arguments: reasons) func `the plan says why a table goes through the stage`(_ reason: Reason) async throws {
      try await withScenario(
        source: ParentAndChild.source + reason.source, target: ParentAndChild.target + reason.target
      ) {
        scenario async throws in
        var child = TableConfiguration(target: TableName(name: "child"))
        reason.change(&child)
        var configuration = scenario.configuration([TableConfiguration(target: TableName(name: "parent")), child])
        configuration.settings.directLoad = .auto
        let plan = PlanSummary(try await Sync(configuration).plan())
        #expect(plan.tables.last?.load == "through the stage: \(reason.name)")
      }
    }
  }
}
