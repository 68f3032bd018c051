/// What each setting may be.
package enum SettingRanges {
  package static let jobs = SettingRange.number("jobs", 1...(.max))
  package static let chunkBytes = SettingRange.size(
    "chunk_bytes", 64 << 10...(.max), expected: "a size from 64KiB, such as 16MiB")
  package static let chunkRows = SettingRange.number("chunk_rows", 1...(.max))
  /// Measured: any size from 64 KiB up is as fast. Above, only memory grows.
  package static let bufferBytes = SettingRange.size(
    "buffer_bytes", 64 << 10...16 << 20, expected: "a size from 64KiB to 16MiB, such as 256KiB")
  package static let maxRejects = SettingRange.number("max_rejects", 0...(.max))
  package static let lockTimeout = SettingRange.time(
    "lock_timeout", shortest...day, expected: "a duration such as 10s, up to 24h")
  /// libpq takes whole seconds, and no fewer than two.
  package static let connectTimeout = SettingRange.time(
    "connect_timeout", .seconds(2)...day, expected: "a duration in whole seconds such as 10s, from 2s up to 24h",
    isAllowed: { $0.components.attoseconds == 0 })
  package static let retries = SettingRange.number("retries", 0...(.max))
  package static let stallTimeout = SettingRange.time(
    "stall_timeout", shortest...day, expected: "a duration such as 60s, up to 24h")
  package static let spillLimit = SettingRange.size("spill_limit", 0...(.max), expected: "a size such as 10GiB")
  package static let keptRuns = SettingRange.number("keep_runs", 1...(.max))

  /// Of the command alone, as options.
  package static let wait = SettingRange.time(
    "wait", .zero...(.seconds(Int32.max)), expected: "a time such as 30s or 10min")
  package static let budget = SettingRange.time(
    "budget", .seconds(1)...(.seconds(Int32.max)), expected: "a time from 1s, such as 60s or 5min")
  package static let mostJobs = SettingRange.number("max_jobs", 1...(.max))

  /// 0 is without end to the server.
  private static let shortest = Duration.milliseconds(1)
  /// The server and libpq count time in 32 bits.
  private static let day = Duration.seconds(24 * 3600)

  /// What a flow may be called.
  package static let flowName = "letters, digits, - and _"

  package static func isFlowName(_ name: String) -> Bool {
    !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
  }
}
