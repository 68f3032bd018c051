import FoundationEssentials

/// What the operating system says of this process.
package enum ProcessMemory {
  /// The most memory that was resident at once, in bytes; 0 where the system does not say (proc(5), `VmHWM`).
  package static var peak: Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
    else { return 0 }
    return kilobytes << 10
  }
}
