import ArgumentParser
import PGTideCommand

@main
enum Main {
  static func main() async { await RootCommand.main() }
}
