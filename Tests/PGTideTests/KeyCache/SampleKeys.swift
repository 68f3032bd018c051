import CopyFormat
import Logging
import Synchronization

@testable import ConnectionStrings
@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer
@testable import Postgres
@testable import PostgresValues

/// A table whose rows refer to a parent, a stream of them, and a target that says which parents there are.
enum SampleKeys {
  /// The table `children` with id, parent and note; of the first two a row's verdict may rest.
  static func plan(parent: String = "parents") throws -> TablePlan {
    var servers = SampleServers()
    servers.configuration.origin = .allRowsAreOurs
    servers.configuration.settings.keyCache = .on
    let columns: [ColumnFacts] = [.key("id", .integer), .column("parent", .integer), .column("note", .text)]
    servers.source(.sample("children", columns, pages: 1000))
    servers.target(
      .sample("children", columns, rows: 1) { $0.foreignKeys = [.sample("parent", to: parent)] })
    return try servers.plan(TableConfiguration("children")).tables[0]
  }

  /// A row as a binary COPY has it.
  static func row(_ id: Int32, parent: Int32?, note: String = "a note") -> [UInt8] {
    bytes(Int16(3)) + field(bytes(id)) + field(parent.map(bytes)) + field(Array(note.utf8))
  }

  static func stream(_ rows: [[UInt8]]) -> [UInt8] { CopyHeader.bytes + rows.joined() + CopyTrailer.bytes }

  private static func field(_ value: [UInt8]?) -> [UInt8] {
    value.map { bytes(Int32($0.count)) + $0 } ?? bytes(Int32(-1))
  }

  private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
    stride(from: number.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  /// A target with these parents, which counts the keys that it is asked for.
  final class Target: Sendable {
    let parents: Set<Int>
    let fails: Bool
    private let asked = Mutex<[[Int]]>([])

    init(parents: Set<Int>, fails: Bool = false) {
      self.parents = parents
      self.fails = fails
    }

    var questions: [[Int]] { asked.withLock(\.self) }

    func answer(_ statements: [SQL]) throws -> [QueryResult] {
      try statements.map { statement in
        let keys = (statement.values[0] ?? "").dropFirst().dropLast().split(separator: ",").compactMap { Int($0) }
        asked.withLock { $0.append(keys) }
        if fails { throw PostgresError(kind: .statement, connection: "target", sqlState: "42501", message: "no") }
        let missing = keys.enumerated().filter { !parents.contains($0.element) }.map { "\($0.offset + 1)" }
        let row = QueryResult.Row(values: [missing.isEmpty ? nil : missing.joined(separator: ",")])
        return QueryResult(columns: ["missing"], rows: [row], affectedRows: 1, commandTag: "SELECT 1")
      }
    }
  }

  static func cache(
    _ target: Target, running tables: [QualifiedName] = [], _ change: (inout KeyCacheLimits) -> Void = { _ in }
  ) throws -> KeyCache {
    var limits = KeyCacheLimits()
    limits.wholeBytes = 0
    change(&limits)
    let log = RunLog(Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, flow: "f")
    return KeyCache(tables: tables, limits: limits, log: log) { try target.answer($0) }
  }
}
