import ArgumentParser
import Glibc
import PGTideCommand

@main
enum Main {
  static func main() async {
    // A reader of our output that has gone must not end a run.
    _ = signal(SIGPIPE, SIG_IGN)
    await RootCommand.main()
  }
}
