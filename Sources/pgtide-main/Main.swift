import ArgumentParser
import Glibc
import PGTideCommand

@main
enum Main {
  static func main() async {
    // A reader of our output that has gone must not end a run.
    _ = signal(SIGPIPE, SIG_IGN)
    hideMemory()
    await RootCommand.main()
  }

  /// Swift's backtrace of a crash prints the memory that registers point to, which may hold a piece of a password. It
  /// is for those who ask for it.
  private static func hideMemory() {
    guard unsafe getenv("SWIFT_BACKTRACE") == nil else { return }
    for crash in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { _ = signal(crash, SIG_DFL) }
  }
}
