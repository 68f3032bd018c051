import Postgres
import Testing

@testable import PGTidePlanning

@Suite struct StampColumnTests {
  private func kind(_ name: String, _ type: TypeFacts = .timestamptz) -> StampColumn.Kind? {
    StampColumn.all(of: [.column(name, type)]).first?.kind
  }

  @Test(arguments: ["created_at", "dateCreated", "CREATED", "creation_date", "inserted_on", "added_on", "date_entered"])
  func `a time of this name says when a row came to be`(name: String) {
    #expect(kind(name) == .created)
  }

  @Test(arguments: ["updated_at", "lastModified", "LASTUPDATE", "changed_at", "lastchange", "edited", "touched_on"])
  func `a time of this name says when a row was changed`(name: String) {
    #expect(kind(name) == .updated)
  }

  @Test(arguments: ["credit_date", "exchanged_on", "born", "due_at", "loaded", "started_at", ""])
  func `a time of another name is no stamp`(name: String) { #expect(kind(name) == nil) }

  @Test func `a column that is no time is none, unless the configuration says so`() {
    #expect(kind("created_by", .text) == nil)
    let stamps = StampRule(created: "made", updated: "at")
    let found = StampColumn.all(
      of: [.column("made", .text), .column("at", .timestamptz), .column("id", .integer)], configured: stamps)
    #expect(found.map(\.kind) == [.created, .updated])
  }

  // MARK: - Triggers

  /// BEFORE INSERT OR UPDATE FOR EACH ROW.
  private func trigger(_ code: String, bits: Int = 1 + 2 + 4 + 16, state: String = "O") -> TriggerFacts {
    TriggerFacts(name: "touch", bits: bits, state: state, function: "app.touch", code: code)
  }

  @Test(arguments: [
    ("BEGIN NEW.updated_at := now(); RETURN NEW; END", true), ("moddatetime updated_at", true),
    ("BEGIN new.\"UPDATED_AT\" = now(); END", true), ("BEGIN NEW.updated_at2 := now(); END", false),
    ("BEGIN NEW.last_updated_at := now(); END", false), ("BEGIN RETURN NEW; END", false), ("", false),
  ])
  func `a trigger whose function or arguments name a column keeps it`(code: String, keeps: Bool) {
    #expect(trigger(code).keeps("updated_at") == keeps)
  }

  @Test func `only one that is on, and runs before each row is updated, keeps anything`() {
    #expect(trigger("updated_at", state: "A").keeps("updated_at"))
    #expect(!trigger("updated_at", state: "D").keeps("updated_at"))
    #expect(!trigger("updated_at", state: "R").keeps("updated_at"))
    #expect(!trigger("updated_at", bits: 1 + 2 + 4).keeps("updated_at"))
    #expect(!trigger("updated_at", bits: 1 + 16).keeps("updated_at"))
    #expect(!trigger("updated_at", bits: 2 + 16).keeps("updated_at"))
  }

  @Test func `a trigger is told in a line`() {
    #expect(trigger("").summary == "touch (BEFORE INSERT OR UPDATE, app.touch)")
    #expect(trigger("", bits: 1 + 8, state: "D").summary == "touch (AFTER DELETE, app.touch, disabled)")
    #expect(trigger("", bits: 1 + 64 + 4).summary == "touch (INSTEAD OF INSERT, app.touch)")
  }
}
