import Testing

@testable import PGTideCommand

@Suite struct TextTableTests {
  @Test func `columns are as wide as their widest cell`() {
    var table = TextTable([.left("name"), .right("n"), .left("remark")])
    table.add(["a", "1,000", ""])
    table.add(["longest", "1", "late"])
    #expect(
      table.text == """
        name         n  remark
        a        1,000
        longest      1  late
        """)
  }

  @Test(arguments: [[""], ["", ""]]) func `a rule is as wide as what is seen of the table`(unseen: [String]) {
    var table = TextTable([.left("ab"), .right("cd")] + unseen.map { .left($0) })
    table.addRule()
    table.add(["x", "yyyy"] + unseen)
    #expect(table.text == "ab    cd\n--------\nx   yyyy")
  }

  @Test func `no line ends with blanks, and a title alone is a table`() {
    #expect(TextTable([.left("a"), .left("")]).text == "a")
  }

  @Test func `letters count, not their bytes`() {
    var table = TextTable([.left("a"), .left("b")])
    table.add(["é", "x"])
    table.add(["👩‍👩‍👧", "x"])
    #expect(table.text == "a  b\né  x\n👩‍👩‍👧  x")
  }
}
