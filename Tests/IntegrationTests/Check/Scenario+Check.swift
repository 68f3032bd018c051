import PGTide
import Postgres
import Testing

@testable import PGTide

extension Scenario {
  /// Compares both ends, and makes sure that every statement names everything in full.
  func check(
    _ configuration: SyncConfiguration, options: Check.Options = Check.Options(),
    location: SourceLocation = #_sourceLocation
  ) async throws -> CheckReport {
    let names = FullNames(configuration)
    var options = options
    options.tracer = names.tracer(passingTo: options.tracer)
    defer { names.record(location) }
    return try await Check(configuration, options: options).run()
  }

  /// The same with one table.
  func check(_ table: String, options: Check.Options = Check.Options()) async throws -> TableCheck {
    try #require(try await check(configuration(table), options: options).tables.first)
  }
}

extension TableCheck {
  /// Each line with its sign, key, and columns, such as `* 5 a,b`.
  var texts: [String] {
    lines.map { line in
      let key = line.key.map { $0.value ?? "NULL" }.joined(separator: ",")
      let columns = line.columns.isEmpty ? [] : [line.columns.joined(separator: ",")]
      return ([line.sign, key] + columns).joined(separator: " ")
    }
  }
}
