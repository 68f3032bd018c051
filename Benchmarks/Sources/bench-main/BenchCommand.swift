import ArgumentParser

@main
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pgtide-bench", abstract: "pgtide beside other ways to do its job, on throwaway servers.",
    subcommands: [Compare.self, BatchedInsert.self], defaultSubcommand: Compare.self)
}
