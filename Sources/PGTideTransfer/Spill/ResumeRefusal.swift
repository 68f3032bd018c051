/// A spill cannot be taken up again. Nothing was written.
public struct ResumeRefusal: Error, Sendable, CustomStringConvertible {
  public var message: String

  package init(_ message: String) { self.message = message }

  public var description: String {
    "the run cannot be resumed: \(message)\n  what to do: Run without --resume, which reads the source again."
  }
}
