import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct ConfigurationEnvironmentTests {
  @Test(arguments: [
    ("host=a", "host=a"), ("${HOST}", "db.example.com"), ("host=${HOST} user=${USER}", "host=db.example.com user=sync"),
    ("${HOST}${USER}", "db.example.comsync"), ("a$$b", "a$b"), ("$${HOST}", "${HOST}"), ("$$$$", "$$"),
    ("$HOST", "$HOST"), ("100$", "100$"), ("$ {HOST}", "$ {HOST}"), ("", ""),
  ])
  func `variables are put in and double dollars halved`(text: String, expanded: String) throws {
    let environment = ["HOST": "db.example.com", "USER": "sync"]
    #expect(try EnvironmentExpansion.expand(text, environment: environment) == expanded)
  }

  @Test(arguments: ["${HOST}", "$$", "a$b", "}"])
  func `a value is taken as it is, whatever signs it holds`(value: String) throws {
    #expect(
      try EnvironmentExpansion.expand("<${SECRET}>", environment: ["SECRET": value, "HOST": "no"]) == "<\(value)>")
  }

  @Test(arguments: [("${NOBODY}", "NOBODY"), ("a ${HOST} ${host}", "host")])
  func `a variable that is not set is named`(text: String, name: String) {
    #expect(throws: EnvironmentExpansion.Failure(problems: [.undefined(name)])) {
      try EnvironmentExpansion.expand(text, environment: ["HOST": "a"])
    }
  }

  @Test func `all that is wrong with a connection string is told`() {
    #expect(throws: EnvironmentExpansion.Failure(problems: [.undefined("A"), .notAName, .undefined("B"), .notClosed])) {
      try EnvironmentExpansion.expand("${A} ${} ${B} ${C", environment: [:])
    }
  }

  @Test func `a variable that is not set gets the nearest name that is`() {
    let mistakes = ConfigurationSample.mistakes(
      "source: ${PGTIDE_SOURSE}\ntarget: dbname=hosted\ntables: [jobs]", environment: ["PGTIDE_SOURCE": "geheim"])
    #expect(
      mistakes == [
        "pgtide.yaml:1:9: `source` uses ${PGTIDE_SOURSE}, which is not set in the environment; "
          + "did you mean `PGTIDE_SOURCE`?"
      ])
  }

  @Test(arguments: ["${HOST", "a ${", "${HOST} ${"])
  func `a brace that is not closed is a mistake`(text: String) {
    #expect(throws: EnvironmentExpansion.Failure(problems: [.notClosed])) {
      try EnvironmentExpansion.expand(text, environment: ["HOST": "a"])
    }
  }

  @Test(arguments: [
    ("${NOBODY}", "`source` uses ${NOBODY}, which is not set in the environment"),
    ("${SECRET", "`source` has a ${ without its }; a plain $ is written $$"),
    ("${}", "`source` has a ${…} that holds no variable's name: letters, digits and _"),
    ("${SECRET:-geheim}", "`source` has a ${…} that holds no variable's name: letters, digits and _"),
  ])
  func `a mistake in a connection string has its place`(text: String, message: String) {
    for end in ["source: \"\(text)\"", "source: {connection: \"\(text)\"}"] {
      let mistakes = ConfigurationSample.mistakes(
        "target: dbname=hosted\n\(end)\ntables: [jobs]", environment: ["SECRET": "geheim"])
      #expect(mistakes.count == 1)
      #expect(mistakes.first?.hasPrefix("pgtide.yaml:2:") == true)
      #expect(mistakes.first?.hasSuffix(": " + message) == true)
    }
  }

  @Test(arguments: [
    "source: ${SECRET} ${NOBODY}", "source: ${SECRET} ${", "source: ${SECRET:-geheim}",
    "source: {connection: \"${SECRET}\", password: \"${SECRET}\"}",
    "source: [\"${SECRET}\"]", "source: {host: \"${SECRET}\"}", "source: \"${SECRET}\"\nflow: a b",
    "source: \"${SECRET}\"\norigin: \"${SECRET}\"", "source: \"${SECRET}\"\n- x", "source: \"${SECRET}\"\nsource: a",
  ])
  func `no mistake quotes what a variable holds`(text: String) {
    let secret = "postgresql://sync:geheim@db.example.com/app"
    let mistakes = ConfigurationSample.mistakes(
      "target: dbname=${SECRET}\n" + text + "\ntables: [jobs]", environment: ["SECRET": secret])
    #expect(!mistakes.isEmpty)
    #expect(!mistakes.joined().contains("geheim"))
  }

  @Test(arguments: [
    ("${EMPTY}", ", because `EMPTY` is"), ("${BLANK}", ", because `BLANK` is"), (" ${EMPTY} ", ", because `EMPTY` is"),
    ("${EMPTY} ${BLANK}", ", because `EMPTY` and `BLANK` are"), (" ", ""),
  ])
  func `a variable that leaves nothing is no connection to the default`(text: String, cause: String) {
    let mistakes = ConfigurationSample.mistakes(
      "source: \"\(text)\"\ntarget: dbname=hosted\ntables: [jobs]", environment: ["EMPTY": "", "BLANK": " \n"])
    #expect(mistakes == ["pgtide.yaml:1:9: `source` is empty\(cause)"])
  }

  @Test func `variables stand in connection strings only`() throws {
    let file = try ConfigurationSample.read(
      ConfigurationSample.head + "tables: {jobs: {where: \"name = '${X}'\"}}", environment: ["X": "no"])
    #expect(file.tables[0].filter == "name = '${X}'")
  }
}
