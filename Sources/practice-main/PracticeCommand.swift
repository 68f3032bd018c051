import ArgumentParser

@main
struct PracticeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pgtide-practice",
    abstract: "Two PostgreSQL servers with practice data, to try pgtide on.",
    discussion: """
      `up` starts a source and a target server in a directory of your choice and fills them; they run until `down` \
      removes them. Nothing outside that directory is touched. The programs of an installed PostgreSQL are used; \
      PGTIDE_PG_BIN names their directory, or a version of theirs, if they are not found.
      """,
    subcommands: [Up.self, Down.self, Edit.self, AppRow.self, ResetTarget.self])
}
