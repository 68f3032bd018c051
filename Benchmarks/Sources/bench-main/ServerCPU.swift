import EphemeralPostgres
import FoundationEssentials

/// The CPU time that a server has used up, as Linux counts it in `/proc` (proc(5), "/proc/pid/stat").
enum ServerCPU {
  /// Linux shows these times in hundredths of a second, whatever the kernel's own clock.
  private static let ticksPerSecond = 100.0

  /// Seconds of the server, of its processes, and of those that have ended.
  static func seconds(of cluster: PostgresCluster) throws -> Double {
    guard let server = cluster.pid else { throw BenchError("the server in \(cluster.directory) is not running") }
    while true {
      guard let before = times(of: server) else { throw BenchError("the server in \(cluster.directory) has ended") }
      let others = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init)
        .compactMap(times).filter { $0.parent == server }
      // A process that ends while we look is in neither count: look again.
      guard let after = times(of: server), after.usedByEnded == before.usedByEnded else { continue }
      return Double(after.used + after.usedByEnded + others.reduce(0) { $0 + $1.used }) / ticksPerSecond
    }
  }

  private struct Times {
    var parent: Int32
    var used: Int
    /// By children that have ended and were waited for.
    var usedByEnded: Int
  }

  /// `nil` when there is no such process any more.
  private static func times(of pid: Int32) -> Times? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let nameEnd = text.lastIndex(of: ")")
    else { return nil }
    // Fields from the third on: state, parent, …; the 14th to 17th are the times.
    let fields = text[nameEnd...].dropFirst().split(separator: " ")
    guard fields.count > 14, let parent = Int32(fields[1]) else { return nil }
    let ticks = fields[11...14].compactMap { Int($0) }
    guard ticks.count == 4 else { return nil }
    return Times(parent: parent, used: ticks[0] + ticks[1], usedByEnded: ticks[2] + ticks[3])
  }
}
