import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct OneDatabaseTests {
  private static let plan = """
    [ { "Plan": {
          "Node Type": "Seq Scan",
          "Relation Name": "cli\\"ent",
          "Schema": "public",
          "Alias": "other" } } ]
    """

  @Test(arguments: [("public", "cli\"ent", true), ("app", "cli\"ent", false), ("public", "other", false)])
  func `a plan tells which tables it reads`(schema: String, name: String, isRead: Bool) {
    #expect(OneDatabase.scans(QualifiedName(schema, name), in: Self.plan) == isRead)
  }
}
