import Glibc

/// Columns and rows of a terminal.
public struct TerminalSize: Sendable, Equatable {
  public var columns: Int
  public var rows: Int

  public init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }
}

/// Where progress is drawn. A terminal or file is a ``FileDescriptorOutput``.
public protocol TerminalOutput: Sendable {
  /// Asked before each frame, because people resize their windows.
  var size: TerminalSize { get }
  /// Whether a write would not block now. A frame that would block is left out.
  var isReady: Bool { get }
  /// Writes all of it, or fails silently: progress that nobody sees is no error.
  func write(_ text: String)
}

/// A file descriptor that somebody else keeps open, such as standard error.
public struct FileDescriptorOutput: TerminalOutput {
  private let descriptor: Int32

  public init(_ descriptor: Int32 = STDERR_FILENO) { self.descriptor = descriptor }

  /// It is a terminal, and one that knows escapes (`TERM` is not `dumb`).
  public var isLiveTerminal: Bool { isatty(descriptor) == 1 && Environment.value("TERM") != "dumb" }

  /// It is such a terminal, and `NO_COLOR` is not set (https://no-color.org).
  public var wantsColor: Bool { isLiveTerminal && (Environment.value("NO_COLOR") ?? "").isEmpty }

  /// What the terminal says; else `COLUMNS` and `LINES`; else 80 by 24.
  public var size: TerminalSize {
    var size = winsize()
    // The kernel fills exactly one `winsize`, or fails and leaves it zero.
    _ = unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size)
    return TerminalSize(
      columns: size.ws_col > 0 ? Int(size.ws_col) : Environment.positive("COLUMNS") ?? 80,
      rows: size.ws_row > 0 ? Int(size.ws_row) : Environment.positive("LINES") ?? 24)
  }

  /// False also while the user holds the terminal with control-S.
  public var isReady: Bool { isReady(within: 0) }

  public func write(_ text: String) {
    BrokenPipe.withoutSignal {
      unsafe Array(text.utf8).withUnsafeBytes { bytes in
        var start = 0
        while start < bytes.count {
          // From `start` to the end of the buffer, which is not empty, as the loop has just seen.
          let written = unsafe Glibc.write(descriptor, bytes.baseAddress! + start, bytes.count - start)
          if written > 0 {
            start += written
          } else if errno == EAGAIN {
            guard isReady(within: 1000) else { return }
          } else if errno != EINTR {
            return
          }
        }
      }
    }
  }

  private func isReady(within milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return unsafe poll(&entry, 1, milliseconds) == 1  // One entry, as it is told.
  }
}

/// Writing into a pipe that nobody reads raises SIGPIPE, which ends a process that does not expect it.
private enum BrokenPipe {
  /// Runs `body` with SIGPIPE held back on this thread, and takes back the one it raised.
  static func withoutSignal(_ body: () -> Void) {
    // Every set is a local that the call before it filled.
    var pipe = sigset_t()
    var pending = sigset_t()
    var mask = sigset_t()
    unsafe sigemptyset(&pipe)
    unsafe sigaddset(&pipe, SIGPIPE)
    unsafe sigpending(&pending)
    let wasPending = unsafe sigismember(&pending, SIGPIPE) == 1
    guard unsafe pthread_sigmask(SIG_BLOCK, &pipe, &mask) == 0 else { return }
    body()
    if !wasPending {
      var noTime = timespec()
      while unsafe sigtimedwait(&pipe, nil, &noTime) == -1, errno == EINTR {}
    }
    unsafe pthread_sigmask(SIG_SETMASK, &mask, nil)
  }
}

private enum Environment {
  static func value(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }  // A C string, or nil.
  }

  static func positive(_ name: String) -> Int? {
    value(name).flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
  }
}
