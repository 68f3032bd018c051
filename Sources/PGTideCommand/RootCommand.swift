import ArgumentParser

/// `pgtide`: the command itself. Each subcommand has a file of its own.
public struct RootCommand: AsyncParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "pgtide",
    abstract: "Brings a target PostgreSQL database level with a source, and leaves the rows born on the target alone.",
    discussion: """
      pgtide reads pgtide.yaml, which names the two databases and the tables. Begin with:

        pgtide plan      what would be done, without doing it
        pgtide sync      do it
        pgtide tune      find the fastest settings

      Exit codes:
        0         every row is level
        1         nothing landed
        2         all tables landed, but rows were rejected
        3         some tables did not land
        4         the plan was refused
        5         no connection
        6         another run of the flow is at work
        7         left at once, because of a second signal
        8         there is nothing that --resume could take up
        64, 78    the command line, or the configuration, is wrong
        74        what was to be printed could not be written; what had landed stays
        129, 130, 143
                  stopped by SIGHUP, SIGINT or SIGTERM
      """,
    version: Version.current,
    subcommands: [SyncCommand.self, PlanCommand.self, TuneCommand.self, InitMetadataCommand.self, SchemaCommand.self])

  public init() {}
}

/// The version that `--version` prints.
enum Version {
  static let current = "0.1.0"
}
