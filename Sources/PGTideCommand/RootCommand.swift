import ArgumentParser

/// `pgtide`: the command itself. Each subcommand has a file of its own.
public struct RootCommand: AsyncParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "pgtide",
    abstract: "Syncs a target PostgreSQL database with a source, and leaves rows created on the target alone.",
    discussion: """
      pgtide reads pgtide.yaml, which names the two databases and the tables. Begin with:

        pgtide plan      what would be done, without doing it
        pgtide inspect   what the tables are like on both ends
        pgtide sync      do it
        pgtide check     compare both ends, and change neither
        pgtide tune      find the fastest settings

      \(PGTideExit.help)
      """,
    version: Version.current,
    subcommands: [
      SyncCommand.self, PlanCommand.self, InspectCommand.self, CheckCommand.self, UndeleteCommand.self,
      TuneCommand.self, InitMetadataCommand.self,
      SchemaCommand.self,
    ])

  public init() {}
}
