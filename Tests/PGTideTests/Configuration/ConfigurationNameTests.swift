import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct ConfigurationNameTests {
  @Test(arguments: [
    ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("key", "key", 0), ("kye", "key", 1), ("ke", "key", 1),
    ("keyy", "key", 1), ("kex", "key", 1), ("kitten", "sitting", 3), ("ab", "ba", 1), ("Straße", "Strasse", 2),
  ])
  func `the distance counts letters to insert, delete, replace or swap`(left: String, right: String, distance: Int) {
    #expect(NearestName.distance(left, right) == distance)
    #expect(NearestName.distance(right, left) == distance)
  }

  @Test(arguments: [
    ("jobtask", "jobtasks"), ("JOBTASKS", "jobtasks"), ("jbotasks", "jobtasks"), ("orgs", "orgm"), ("xyz", nil),
    ("completely_else", nil), ("", nil),
  ])
  func `the nearest name is one of which no more than a third differs`(name: String, nearest: String?) {
    #expect(NearestName.nearest(to: name, among: ["jobtasks", "orgm", "workdiary"]) == nearest)
  }

  @Test func `of two names as near, the first by the alphabet is advised`() {
    #expect(NearestName.advice(for: "jobz", among: ["jobs", "jobb"]) == "Did you mean jobb?")
    #expect(NearestName.advice(for: "jobz", among: []) == nil)
  }

  // MARK: - Selection on the command line

  private static let tables = ["orgmaster", "jobmaster", "jobtasks", "hr.jobs", "a*b"].map { name in
    let parts = name.split(separator: ".").map(String.init)
    return TableConfiguration(
      target: TableName(schema: parts.count == 2 ? parts[0] : nil, name: parts[parts.count - 1]))
  }

  @Test func `the name of a table as it is written is not that of one in another schema`() throws {
    let tables: [TableConfiguration] = [
      TableConfiguration(target: TableName(name: "jobs")),
      TableConfiguration(target: TableName(schema: "hr", name: "jobs")),
    ]
    func select(_ include: [String], _ exclude: [String] = []) throws -> [String] {
      try TableSelection(include: include, exclude: exclude).select(from: tables, in: "app").map(\.target.description)
    }
    #expect(try select(["jobs"]) == ["jobs"])
    #expect(try select([], ["jobs"]) == ["hr.jobs"])
    #expect(try select(["job*"]) == ["jobs", "hr.jobs"])
    #expect(try select(["hr.jobs"]) == ["hr.jobs"])
  }

  private func select(_ include: [String], _ exclude: [String] = []) throws(TableSelectionError) -> [String] {
    try TableSelection(include: include, exclude: exclude).select(from: Self.tables, in: "app").map(
      \.target.description)
  }

  @Test(arguments: [
    ([], ["orgmaster", "jobmaster", "jobtasks", "hr.jobs", "a*b"]),
    (["jobtasks"], ["jobtasks"]),
    (["jobtasks", "orgmaster"], ["orgmaster", "jobtasks"]),
    (["jobtasks", "job*"], ["jobmaster", "jobtasks", "hr.jobs"]),
    (["*master"], ["orgmaster", "jobmaster"]),
    (["j*t*r"], ["jobmaster"]),
    (["job?asks"], ["jobtasks"]),
    (["hr.*"], ["hr.jobs"]),
    (["jobs"], ["hr.jobs"]),
    (["hr.jobs"], ["hr.jobs"]),
    (["app.jobtasks"], ["jobtasks"]),
    (["app.*"], ["orgmaster", "jobmaster", "jobtasks", "a*b"]),
    (["a*"], ["a*b"]),
    (["a*b"], ["a*b"]),
    (["**"], ["orgmaster", "jobmaster", "jobtasks", "hr.jobs", "a*b"]),
  ])
  func `patterns select tables in the order of the file`(include: [String], selected: [String]) throws {
    #expect(try select(include) == selected)
  }

  @Test func `what is excluded is taken away from what is included`() throws {
    #expect(try select(["job*"], ["*master", "hr.*"]) == ["jobtasks"])
    #expect(try select([], ["job*"]) == ["orgmaster", "a*b"])
  }

  @Test(arguments: [(["jobtask"], []), ([], ["jobtask"]), (["jobtask", "orgmaster"], [])])
  func `a pattern that matches nothing is named with the nearest table`(include: [String], exclude: [String]) {
    let error = #expect(throws: TableSelectionError.self) { try select(include, exclude) }
    #expect(error?.description == "no table of the configuration matches `jobtask`; did you mean `jobtasks`?")
  }

  @Test func `a table with a schema is near by its bare name too`() {
    let people = TableConfiguration(target: TableName(schema: "hr", name: "people"))
    #expect(throws: TableSelectionError.noMatch(pattern: "poeple", nearest: "people")) {
      try TableSelection(include: ["poeple"], exclude: []).select(from: [people], in: "app")
    }
  }

  @Test(arguments: ["", "JOBTASKS", "obtasks", "jobtask?s", "?"])
  func `a pattern fits the whole name, letter by letter`(pattern: String) {
    #expect(throws: TableSelectionError.self) { try select([pattern]) }
  }

  @Test func `nothing left is a mistake`() {
    let error = #expect(throws: TableSelectionError.nothingLeft) { try select(["hr.jobs"], ["hr.*"]) }
    #expect(error?.description == "--exclude leaves no table to work on")
  }

  @Test(.timeLimit(.minutes(1))) func `a pattern of many stars does not take long`() {
    let name = TableConfiguration(target: TableName(name: String(repeating: "a", count: 1_000)))
    let selection = TableSelection(include: [String(repeating: "a*", count: 400) + "b"], exclude: [])
    #expect(throws: TableSelectionError.self) { try selection.select(from: [name], in: "app") }
  }
}
