import Synchronization
import SystemPackage
import TerminalProgress

/// Where texts for the user go.
enum Console {
  private static let lost = Atomic<Bool>(false)

  /// A line of the error output was lost, for which there is no place where it could be told.
  static var hasLostErrors: Bool { lost.load(ordering: .relaxed) }

  /// The columns of the screen that the standard output is; `nil` where it goes elsewhere.
  static var screenWidth: Int? {
    let output = FileDescriptorOutput(FileDescriptor.standardOutput.rawValue)
    return output.isLiveTerminal ? output.size.columns : nil
  }

  /// Writes what a script may read.
  ///
  /// - Parameters:
  ///   - what: what it is, for the message.
  ///   - more: what else has to be known where it is lost.
  ///
  /// Throws: ``CommandFailure``, on a full disk as well as when the reader has gone.
  static func print(_ text: String, _ what: String, ifLost more: String? = nil) throws(CommandFailure) {
    do {
      try write(text, to: .standardOutput)
    } catch {
      let why = error == .brokenPipe ? "the program that reads it has ended" : "\(error)"
      throw CommandFailure(
        "\(what) cannot be written to the standard output: \(why)" + (more.map { "\n  \($0)" } ?? ""), .unwritable)
    }
  }

  /// An error output that is closed harms nothing.
  static func error(_ text: String) {
    do { try write(text, to: .standardError) } catch { lost.store(true, ordering: .relaxed) }
  }

  private static func write(_ text: String, to file: FileDescriptor) throws(Errno) {
    do {
      try file.writeAll((text + "\n").utf8)
    } catch let error as Errno {
      throw error
    } catch {
      throw .ioError
    }
  }
}
