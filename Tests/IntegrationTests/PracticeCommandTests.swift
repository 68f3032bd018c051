import Testing

extension Integration {
  /// `pgtide-practice` removes and writes what is its own only.
  @Suite struct PracticeCommandTests {
    private static let files = ["pgtide.yaml": "mine", "env": "mine, too"]

    @Test func `down leaves files alone that only have the names of its own`() async throws {
      let ended = try await PGTideProcess.run(
        #""$PGTIDE-practice" down .; code=$?; cat pgtide.yaml env; exit $code"#, files: Self.files)
      #expect(ended.code == 64)
      #expect(ended.errors.contains("There are no servers of pgtide-practice in "))
      #expect(ended.output == "minemine, too")
    }

    @Test func `up does not write over somebody's files, and leaves nothing beside them`() async throws {
      let ended = try await PGTideProcess.run(
        #""$PGTIDE-practice" up .; code=$?; cat pgtide.yaml env; ls -A; exit $code"#, files: Self.files)
      #expect(ended.code == 64)
      #expect(ended.errors.contains("pgtide.yaml already, which is not of pgtide-practice"))
      #expect(ended.output == "minemine, tooenv\npgtide.yaml\n")
    }

    @Test func `the office's second file is not written over either`() async throws {
      let ended = try await PGTideProcess.run(
        #""$PGTIDE-practice" up --set office .; code=$?; ls -A; exit $code"#, files: ["back.yaml": "mine"])
      #expect(ended.code == 64)
      #expect(ended.errors.contains("back.yaml already, which is not of pgtide-practice"))
      #expect(ended.output == "back.yaml\n")
    }
  }
}
