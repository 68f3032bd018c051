import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct ShapeChangeTests {
  @Test func `a change is told in people's words, and found in the numbers`() {
    let planned = ["kind r;", "qty integer; 23 -1", "\"a;b\" text; 25 -1"]
    #expect(ShapeChange.between(planned, planned) == nil)
    #expect(
      ShapeChange.between(planned, ["kind r;", "qty real; 700 -1", "\"a;b\" text; 25 -1"])
        == "it had qty integer, it has qty real")
    #expect(ShapeChange.between(planned, ["kind r;", "qty integer; 23 -1", "\"a;b\" text; 25 -1 100"]) != nil)
    #expect(ShapeChange.between(planned, []) == "it is gone")
    #expect(ShapeChange.between(planned, [planned[0], planned[2], planned[1]]) == "its columns stand in another order")
  }
}
