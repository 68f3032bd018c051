import PGTide
import Postgres
import Synchronization
import Testing

/// Watches what pgtide sends for names that a session's `search_path` decides about.
///
/// Everything that pgtide writes itself is named in full (``SQLNames``). What the configuration says in SQL means what it
/// means in an ordinary session: it ends with its line, and is taken out before a statement is looked at.
final class FullNames: Sendable {
  private let usersSQL: [String]
  private let found = Mutex<Set<String>>([])
  /// The hashes of statements that name everything in full, of all tests: most are sent by every run.
  private static let passed = Mutex<Set<Int>>([])

  init(_ configuration: SyncConfiguration) {
    usersSQL = configuration.tables.flatMap { table in
      let query: String? = if case .query(let query) = table.source { query } else { nil }
      let expressions = table.columns.map { mapping -> String? in
        if case .expression(let expression) = mapping.value { expression } else { nil }
      }
      let order: String? =
        switch table.duplicates {
        case .rejectAll: nil
        case .first(let order), .last(let order): order
        }
      return ([query, table.filter, order, table.scope, table.expect ?? configuration.expect] + expressions).compactMap(
        \.self)
    }.sorted { $0.utf8.count > $1.utf8.count }
  }

  /// A tracer that looks at every statement, and passes it on.
  func tracer(passingTo other: StatementTracer?) -> StatementTracer {
    { trace in
      self.look(at: trace.statement)
      other?(trace)
    }
  }

  func look(at statement: String) {
    var own = statement
    // A line of its own ends what may end with a comment.
    for sql in usersSQL { own = own.replacing("\(sql)\n", with: "users_sql\n") }
    let hash = own.hashValue
    if Self.passed.withLock({ $0.contains(hash) }) { return }
    let mistakes = SQLNames.mistakes(in: own)
    guard !mistakes.isEmpty else {
      _ = Self.passed.withLock { $0.insert(hash) }
      return
    }
    found.withLock { found in for mistake in mistakes { found.insert("\(mistake), in: \(own)") } }
  }

  /// Records an issue for each kind of mistake, and begins anew.
  func record(_ location: SourceLocation) {
    let mistakes = found.withLock { found in
      defer { found = [] }
      return found
    }
    for mistake in mistakes.sorted() { Issue.record(Comment(rawValue: mistake), sourceLocation: location) }
  }
}
