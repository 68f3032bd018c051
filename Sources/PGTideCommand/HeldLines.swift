import Synchronization

/// Lines that wait until the screen is free. Only warnings do, of which there are few.
final class HeldLines: Sendable {
  private let lines = Mutex<[String]?>(nil)

  func begin() { lines.withLock { $0 = $0 ?? [] } }

  /// Returns whether the line waits.
  func keep(_ line: String) -> Bool {
    lines.withLock { lines in
      guard lines != nil else { return false }
      lines?.append(line)
      return true
    }
  }

  func end() -> [String] {
    lines.withLock { lines in
      defer { lines = nil }
      return lines ?? []
    }
  }
}
